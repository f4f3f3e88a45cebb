"""Numbers in a text that stand as error codes or HTTP statuses.

Pure and linear. A number counts only where it stands as a code: under a key such as `code` or
`retCode`, in brackets, behind the word "error", as an HTTP status, or, with a sign that prices and
ids don't have (-2015), on its own. Which exchange a code belongs to is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Literal, NamedTuple

Context = Literal["key", "code", "http", "bare"]
"""How a number stands in a text: under a key (`"code":-2015`); in brackets, after a word such as
"error", or with a sign and four digits (-2015); as an HTTP status; or without any of these."""

# Python's own `re`, because RE2's wrapper is slow at many short matches. The text around a number
# is cut to a fixed length, so the time is linear. Each begins with a class of characters, for which
# `re` skips what can't begin a match.
_NUMBER = re.compile(
    # The lookarounds skip numbers that are parts of prices, times, addresses, names or versions.
    r"[-0-9](?<![\w./$€#@+&%~-][-0-9])(?<![0-9][:,][-0-9])"
    r"(?:(?<=-)[0-9]{1,6}|(?<!-)[0-9]{0,5})\b(?![%@€$/]|[.:-][0-9])"
)
_PLURAL = re.compile(r"[45](?<!\w[45])[0-9]{2}s\b")
_BEFORE = 64
_KEY_BEFORE = 32
"""The most characters of a key or word before a code, with what stands between them."""
_AFTER = 40
_KEY = re.compile(
    r"(?:^|[^a-z])(?:ret_?code|err(?:or)?[_-]?(?:code|no|id)|code|ecode|scode|s_?code|label)"
    r"'?\s?(?:[:=]|=>|is|was|of)?\s?[(\[{]?'?$"
)
_ERROR_KEY = re.compile(r"(?:'?(?:error|err|errors)'?\s?[:=]|'error',)\s?[\[(]?\s?'?$")
_WORD = re.compile(
    r"(?:^|[^a-z])(?:error|errors|err|fehler|erreur|ошибка|ошибку|ошибки|hata|hatası|エラー|错误|报错|"
    r"錯誤|exception|errore|erro|fails? with|failed with|answers?|returns?|returned|gives?(?: me)?|"
    r"get(?:ting)?|got|response|status|rejected|api ?error|返回|提示)"
    r"(?: (?:an?|the|with|of|is|me|message|msg|number|no\.?|code|来|了|by))?\s?[:#(\-]?\s?'?$"
)
_HTTP_BEFORE = re.compile(
    r"(?:http(?:/[0-9.]+'?)?(?: error| status| response| code| status code| status is)*|"
    r"status[_ ]?(?:code)?|response code|<response|statuscode|responded with|server responded with"
    r"(?: a)?(?: status)?(?: of)?|unexpected server response|error code|code|returned|"
    r"(?:get|post|put|delete|patch) \(?)"
    r"'?\s?(?:[:=]|is|of)?\s?[\[(']?$"
)
_HTTP_AFTER = re.compile(
    r"^[\])']?[:,]?\s?'?(?:client error|server error|too many(?: requests)?|"
    r"unauthori[sz]ed|forbidden|bad gateway|bad request|service unavailable|gateway time-?out|"
    r"unavailable for legal|i'm a teapot|teapot|"
    r"not acceptable|internal server|error\b|rate limit|errors\b|s\b)"
)
_STATUSES = frozenset(map(str, range(400, 600)))
_LONG = 5


class NumberHit(NamedTuple):
    """A number that may be a code: where it begins and ends, and how it stands.

    A status ends with the reason behind it: "403 Forbidden".
    """

    code: str
    start: int
    end: int
    context: Context


def numbers(flat: str, known: Container[str]) -> Iterator[NumberHit]:
    """Yield the numbers of `flat` (normalised) that are `known` codes or HTTP statuses.

    Prices, times, ports, parts of addresses, names and versions are left out; a number whose
    surroundings don't say that it is a code comes with the context "bare".
    """
    for match in _PLURAL.finditer(flat):
        yield NumberHit(match.group()[:-1], match.start(), match.end(), "http")
    for match in _NUMBER.finditer(flat):
        code = match.group()
        if code not in known:
            code = code.removeprefix("-")
            if code not in known and code not in _STATUSES:
                continue
        start, end = match.span()
        context = _context(flat, code, start, end)
        if context == "http" and (reason := _HTTP_AFTER.search(flat[end : end + _AFTER])):
            end += reason.end()
        yield NumberHit(code, start, end, context)


def _context(flat: str, code: str, start: int, end: int) -> Context:
    before = flat[max(0, start - _BEFORE) : start]
    after = flat[end : end + _AFTER]
    status = code in _STATUSES
    if status and (_HTTP_AFTER.search(after) or _HTTP_BEFORE.search(before)):
        is_key = "'" in before[-4:] and _KEY.search(before[-_KEY_BEFORE:])
        return "key" if is_key and not _HTTP_AFTER.search(after) else "http"
    near = before[-_KEY_BEFORE:]
    if _KEY.search(near) or _ERROR_KEY.search(near):
        return "key"
    in_brackets = before[-1:] in {"[", "("} and after[:1] in {"]", ")", ","}
    is_signed = code[0] == "-" and len(code) >= _LONG
    return "code" if in_brackets or is_signed or _WORD.search(near) else "bare"
