"""Made-up pastes of careless people: what `careless_pastes.txt` holds, filled with random secrets.

The file has a paste after each line `### group | name`. What stands between ⟦ and ⟧ is a secret;
with a question mark in front, it is a secret that no rule can know. `@m18` and its like are filled
in anew for each seed (`_FILLED` says with what). A last line `K: a | b` lists what must stay.
"""

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
WORDS = (HERE.parents[1] / "static" / "recovery-words.txt").read_text(encoding="utf-8").split()
IDENTITY = frozenset({"id", "path"})
"""The groups whose secrets say who somebody is. All others are credentials."""


@dataclass(frozen=True, slots=True)
class CarelessPaste:
    """A text, the secrets in it, those of them that no rule can know, and what must stay."""

    group: str
    name: str
    text: str
    secrets: tuple[str, ...]
    unknowable: tuple[str, ...]
    keep: tuple[str, ...]


def careless_pastes(seed: int) -> Iterator[CarelessPaste]:
    """Yield all pastes; the same seed fills them with the same secrets."""
    random = Random(seed)
    blocks = (HERE / "careless_pastes.txt").read_text(encoding="utf-8").split("### ")
    for block in blocks[1:]:
        head, _, text = block.rstrip("\n").partition("\n")
        group, _, name = head.partition(" | ")
        text, _, kept = text.partition("\nK: ")
        secrets: list[str] = []
        unknowable: list[str] = []
        for mark in re.findall("⟦(.*?)⟧", text):
            secret = _filled(mark.removeprefix("?"), random)
            (unknowable if mark.startswith("?") else secrets).append(secret)
            text = text.replace(f"⟦{mark}⟧", secret, 1)
        keep = tuple(kept.split(" | ")) if kept else ()
        yield CarelessPaste(group, name, text, tuple(secrets), tuple(unknowable), keep)


def survives(secret: str, paste: CarelessPaste, redacted: str) -> bool:
    """Tell whether `secret` stands in `redacted`, whole or in a part that gives it away."""
    rest = paste.text
    for other in (*paste.secrets, *paste.unknowable):
        rest = rest.replace(other, "\n")
    part = max(5, min(12, len(secret) // 4))
    pieces = {secret[start : start + part] for start in range(len(secret) - part + 1)} | {secret}
    return any(
        piece in redacted and piece not in rest
        for piece in pieces
        if re.search(r"[^\W_]{3}", piece)
    )


_DIGITS = string.digits
_MIXED = string.ascii_letters + string.digits
_BASE32 = string.ascii_uppercase + "234567"


def _token(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choice(alphabet) for _ in range(length))


def _mixed(random: Random, length: int) -> str:
    """Make a token with both cases and digits, as random keys of some length have."""
    token = _token(random, _MIXED, length)
    has_all = all(re.search(kind, token) for kind in ("[0-9]", "[a-z]", "[A-Z]"))
    return token if has_all or length < 6 else _mixed(random, length)


def _base64(random: Random, length: int) -> str:
    token = list(_mixed(random, length))
    for place in range(3, length - 4, 17):
        token[place] = random.choice("+/")
    padding = {24: "=", 44: "=", 56: "==", 88: "=="}.get(length, "")
    return "".join(token)[: length - len(padding)] + padding


def _password(random: Random, length: int) -> str:
    middle = _token(random, _MIXED + "!#$%*-_.+", length - 2)
    return random.choice(string.ascii_letters) + middle + random.choice(_DIGITS)


def _hex_groups(random: Random, *lengths: int) -> str:
    return "-".join(_token(random, "0123456789abcdef", length) for length in lengths)


_FILLED: dict[str, Callable[[Random, int], str]] = {
    "m": _mixed,
    "L": lambda random, length: _token(random, string.ascii_letters, length),
    "l": lambda random, length: _token(random, string.ascii_lowercase + _DIGITS, length),
    "U": lambda random, length: _token(random, string.ascii_uppercase + _DIGITS, length),
    "h": lambda random, length: _token(random, "0123456789abcdef", length),
    "H": lambda random, length: _token(random, "0123456789ABCDEF", length),
    "d": lambda random, length: "7" + _token(random, _DIGITS, length - 1),
    "p": _password,
    "b64_": _base64,
    "b32_": lambda random, length: _token(random, _BASE32, length),
    "uuid": lambda random, _: _hex_groups(random, 8, 4, 4, 4, 12),
    "htx": lambda random, _: _hex_groups(random, 8, 8, 8, 5),
    "word": lambda random, _: random.choice(WORDS),
}
_PHRASES: dict[str, Callable[[list[str]], str]] = {
    "": " ".join,
    "-lines": "\n".join,
    "-json": '", "'.join,
    "-list": "', '".join,
    "-commas": ", ".join,
    "-dashes": "-".join,
    "-dots": " . ".join,
    "-capitals": lambda words: " ".join(words).upper(),
    "-wrapped": lambda words: " ".join(words[:12]) + "\n" + " ".join(words[12:]),
    "-numbered": lambda words: " ".join(f"{n}. {word}" for n, word in enumerate(words, 1)),
    "-numbered-lines": lambda words: "\n".join(f"{n}) {word}" for n, word in enumerate(words, 1)),
}


def _filled(mark: str, random: Random) -> str:
    if phrase := re.fullmatch(r"@seed([0-9]+)([a-z-]*)", mark):
        return _PHRASES[phrase[2]]([random.choice(WORDS) for _ in range(int(phrase[1]))])
    if groups := re.fullmatch(r"@groups32_([0-9]+)", mark):
        token = _token(random, _BASE32.lower(), int(groups[1]))
        return " ".join(token[start : start + 4] for start in range(0, len(token), 4))
    return re.sub(
        r"@(uuid|htx|word|(?:b64_|b32_|[mLlUhHdp])(?=[0-9]))([0-9]*)",
        lambda match: _FILLED[match[1]](random, int(match[2] or 0)),
        mark,
    )
