"""What must hold for any text: each target is a function that raises when it doesn't.

The same targets are run with a small budget by `test_targets.py` (hypothesis) and with a long one
by `make fuzz` (hypothesis, then atheris, which looks for texts that reach new code).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams

from app.checks import check
from app.content.frontmatter import Document, parse_json_lines, parse_markdown, parse_yaml
from app.content.loader import load
from app.content.markdown import anchors, block, elements, inline, plain
from app.diagnosis.engine import Engine
from app.diagnosis.output import to_json
from app.diagnosis.redaction import Redactor
from app.knowledge import KnowledgeBase, build
from app.model import Observations
from app.search import SearchIndex
from app.web.http.coding import preferred
from app.web.pages import forms
from app.whitelist import compare

ROOT = Path(__file__).resolve().parents[2]
MARBLES = ROOT / "tests" / "fixtures" / "exchange_content"
RULES = ROOT / "static" / "redaction-rules.json"
SITE = (MARBLES / "site.yml").read_text(encoding="utf-8")
ELEMENTS = {
    *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li"),
    *("ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {"href", "src", "alt", "title", "id", "class", "start", "style", "tabindex"}


@cache
def knowledge() -> KnowledgeBase:
    """Return the knowledge base that is asked."""
    return build(load(MARBLES))


@cache
def redactor() -> Redactor:
    """Return the redactor."""
    return Redactor.from_file(RULES)


@cache
def engine() -> Engine:
    """Return the engine over `knowledge`."""
    return Engine(knowledge(), redactor())


@cache
def index() -> SearchIndex:
    """Return the search over `knowledge`."""
    return SearchIndex(knowledge())


def frontmatter(text: str) -> None:
    """Any text of a file has fields or problems, and each problem a place in it."""
    text = _as_read(text)
    for document in (parse_markdown(text), parse_yaml(text), parse_json_lines(text)):
        _check_document(document, text)
    _check_document(parse_markdown(f"---\n{text}\n---\n{text}"), f"\n{text}\n\n{text}")


def _as_read(text: str) -> str:
    """Return a text as files are read: UTF-8 has no lone surrogates, and lines end alike."""
    readable = text.encode("utf-8", "replace").decode()
    return readable.replace("\r\n", "\n").replace("\r", "\n")


def _check_document(document: Document, text: str) -> None:
    lines = text.count("\n") + 1
    for problem in document.problems:
        assert 1 <= problem.position.line <= lines + 1, problem
        assert problem.position.column >= 1, problem
        assert problem.message
    assert isinstance(document.fields, Mapping)
    for key in document.fields:
        assert 1 <= document.position((key,)).line <= lines + 1


class _Page(HTMLParser):
    """Notes what a browser would make of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name in {"href", "src"}:
                _check_address(value or "")
            if name == "style":
                assert value in {"text-align:left", "text-align:right", "text-align:center"}


def _check_address(address: str) -> None:
    # Browsers leave these out before they look at the scheme.
    seen = "".join(letter for letter in address if letter > " ")
    try:
        scheme = urlsplit(seen).scheme
    except ValueError:  # it is no address for anybody
        return
    if scheme == "data":
        assert seen.lower().startswith(("data:image/gif", "data:image/png", "data:image/jpeg",
                                        "data:image/webp")), address  # fmt: skip
        return
    assert scheme not in {"javascript", "vbscript", "file", "data"}, address


def markdown(text: str) -> None:
    """Any text becomes harmless HTML: no element, attribute or address that content can't have."""
    text = _as_read(text)
    for html in (inline(text), block(text)):
        page = _Page()
        page.feed(html)
        page.close()
    plain(text)
    assert len(anchors(text)) <= text.count("\n") + 1
    for element in elements(text):
        assert 1 <= element.line <= text.count("\n") + 1


def redaction(text: str) -> None:
    """Any text is redacted once and for all, and a key in it is gone."""
    once = redactor().redact(text)
    again = redactor().redact(once.text)
    assert (again.text, again.removed) == (once.text, ())
    once.text.encode()
    key = "Qm9iJ3MgdGVhcG90IHNpbmdzIGF0IG1pZG5pZ2h0IQ"
    assert key not in redactor().redact(f"{text}\napi_key={key}\n{text}").text


def diagnosis(text: str) -> None:
    """Any text gets the same honest answer twice, and it can be sent."""
    observations = Observations(text=text)
    found = engine().diagnose(observations)
    assert (found.verdict == "unknown") == (not found.matches)
    assert len(found.matches) <= 5
    assert found.verdict == "unsure" or all(match.because for match in found.matches)
    assert engine().diagnose(observations) == found
    json.dumps(to_json(found, knowledge(), observations)).encode()
    assert redactor().redact(found.redacted_text).text == found.redacted_text


def search(text: str) -> None:
    """Any text is a query and a path, and each result is there once."""
    for exchange in (None, "glassmarket"):
        found = index().search(text, exchange, limit=5)
        assert len(found) <= 5
        assert len({link.href for link in found}) == len(found)
    index().nearest(text)


def query(text: str) -> None:
    """Any query is a diagnosis link; its own address leads to the same, and to this site."""
    observations = forms.from_query(QueryParams(text), knowledge())
    address = observations.url
    assert address.startswith("/diagnose")
    assert address.isascii()
    assert address.isprintable()
    again = forms.from_query(QueryParams(address.partition("?")[2]), knowledge())
    assert again == observations
    forms.read_issues([text], knowledge())
    preferred(text.encode("utf-8", "replace"))


def whitelist(text: str) -> None:
    """Any text is a list, complete only when it holds every address."""
    site = knowledge().site.whitelist
    assert site is not None
    for separator in (None, ",", " "):
        compared = compare(text, site.addresses, separator)
        assert compared.complete <= (not compared.missing)
        assert set(compared.missing) <= set(site.addresses)


def content(text: str) -> None:
    """Any text as a file of the content is loaded, or found fault with at its place."""
    for name in ("issues/x.md", "exchanges/x.md", "errors/x.yml", "tips.yml", "diagnostic.yml",
                 "site.yml", "permalinks.txt", "reports.jsonl"):  # fmt: skip
        with _folder(name, text) as folder:
            loaded = load(folder)
            findings = check(loaded)
            if not any(finding.severity == "error" for finding in findings):
                build(loaded)
            for finding in findings:
                assert finding.message
                assert finding.line >= 1


@contextmanager
def _folder(name: str, text: str) -> Iterator[Path]:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "site.yml").write_text(SITE, encoding="utf-8")
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        yield folder


TARGETS: Mapping[str, Callable[[str], None]] = {
    target.__name__: target
    for target in (
        frontmatter,
        markdown,
        redaction,
        diagnosis,
        search,
        query,
        whitelist,
        content,
    )
}
