"""Rules about what stands in texts: variables, addresses, images, headings, HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from app.content.checks.places import Mistake, Text, did_you_mean, filled, texts, texts_of
from app.content.frontmatter import Position
from app.content.loader import Content, Source
from app.content.markdown import Reference, references
from app.content.variables import EXCHANGE_DEFAULTS, PLACEHOLDER, variables
from app.model import IpAddress, slugify

_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-+)\s*$", re.MULTILINE)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![0-9A-Za-z])")


def unknown_variable(content: Content) -> Iterator[Mistake]:
    """Find a variable that `site.yml` doesn't define; correct the name, or define it there."""
    if content.site is None:
        return
    known = [*variables(content.site), *EXCHANGE_DEFAULTS]
    for text in texts(content):
        if "{{" not in text.text:
            continue
        if text.source.kind == "site" and text.location[0] in {"product", "variables"}:
            message = "the value of a variable can't use variables; write the text itself"
            yield Mistake(text.source, text.find("{{"), message)
            continue
        for match in PLACEHOLDER.finditer(text.text):
            if match["name"] not in known:
                cure = did_you_mean(match["name"], known)
                message = f"unknown variable `{match['name']}`; {cure}"
                yield Mistake(text.source, text.find(match[0], line=_line(text, match)), message)
        if text.is_markdown and "{{" in PLACEHOLDER.sub("", text.text):
            message = "`{{` doesn't begin a variable here; write {{ name }} or {{ name | default }}"
            yield Mistake(text.source, _stray(text), message)


def _line(text: Text, match: re.Match[str]) -> int:
    return text.text.count("\n", 0, match.start()) + 1


def _stray(text: Text) -> Position:
    """Find the braces that are left over once the variables are covered."""
    covered = PLACEHOLDER.sub(lambda match: "." * len(match[0]), text.text)
    begin = covered.index("{{")
    line = covered.count("\n", 0, begin) + 1
    return text.find(text.text[begin:].split("\n", 1)[0], line=line)


def hard_coded_ip(content: Content) -> Iterator[Mistake]:
    """Find a whitelist address written out; write {{ whitelist_ip }}, so that it stands once."""
    if content.site is None or content.site.whitelist is None:
        return
    addresses = content.site.whitelist.addresses
    for source in content.sources:
        allowed = {
            place.line
            for location, place in source.document.positions.items()
            if source.kind == "site" and location[:2] == ("whitelist", "addresses")
        }
        for number, line in enumerate(source.text.split("\n"), 1):
            if number in allowed:
                continue
            for column, literal, address in _addresses(line):
                if address not in addresses:
                    continue
                first = address == addresses[0]
                name = "{{ whitelist_ip }}" if first else "{{ whitelist_ips }}"
                message = f"the whitelist address {literal} is written out; write {name} instead"
                yield Mistake(source, Position(number, column), message)


def _addresses(line: str) -> Iterator[tuple[int, str, IpAddress]]:
    """Yield each IP address in a line with its column."""
    for match in (*_IPV4.finditer(line), *_IPV6.finditer(line)):
        for literal in dict.fromkeys((match[0], match[0].removesuffix(":"))):
            try:
                yield match.start() + 1, literal, ip_address(literal)
            except ValueError:
                continue
            break


def image_alt(content: Content) -> Iterator[Mistake]:
    """Find an image without a description; say in the square brackets what it shows."""
    for text, reference in _references(content, "image"):
        if not reference.text.strip():
            message = (
                f"the image {reference.target} has no description; write ![what it shows](...)"
            )
            yield Mistake(text.source, text.find(reference.target, line=reference.line), message)


def heading_levels(content: Content) -> Iterator[Mistake]:
    """Find a heading of the wrong level; begin with `##` (the title is the `#`) and skip none."""
    for source in content.sources:
        level = 1
        for text, heading in _headings(content, source):
            marks = "#" * heading.level
            place = text.find(marks, line=heading.line)
            if heading.level == 1:
                message = "the page's title is its only first heading; write ## instead of #"
                yield Mistake(source, place, message)
            elif heading.level > level + 1:
                right = "#" * (level + 1)
                above = f"below {'#' * level}" if level > 1 else "as the first heading"
                yield Mistake(source, place, f"{marks} {above} skips a level; write {right}")
            level = max(heading.level, 1)


def duplicate_heading(content: Content) -> Iterator[Mistake]:
    """Find two headings, or a heading and a step, with the same anchor; word one differently."""
    for source in content.sources:
        seen = dict.fromkeys(step_ids(source), "a step")
        for text, heading in _headings(content, source):
            anchor = slugify(heading.text)
            if anchor and anchor in seen:
                message = f"the anchor #{anchor} is taken by {seen[anchor]}; word this differently"
                yield Mistake(source, text.find("#", line=heading.line), message)
            seen.setdefault(anchor, f"the heading on line {text.position.line + heading.line - 1}")


def raw_html(content: Content) -> Iterator[Mistake]:
    """Find HTML in a text, which is shown to visitors as it stands; write Markdown instead."""
    for text, reference in _references(content, "html"):
        message = (
            f"HTML is not rendered, visitors see `{reference.text}` as text; write Markdown, "
            "or put it into `backticks` if it is meant to be seen"
        )
        place = text.find(reference.text, line=reference.line)
        yield Mistake(text.source, place, message, severity="warning")


def step_ids(source: Source) -> tuple[str, ...]:
    """Return the anchors of an issue's solutions, given or made from their texts."""
    solutions = source.document.fields.get("solutions")
    ids: list[str] = []
    for solution in solutions if isinstance(solutions, list) else ():
        if isinstance(solution, str):
            ids.append(slugify(solution))
        elif isinstance(solution, dict):
            ids.append(str(solution.get("id") or slugify(str(solution.get("text", "")))))
    return tuple(ids)


def heading_anchors(content: Content, source: Source) -> tuple[str, ...]:
    """Return the anchors of the headings in a file's body."""
    return tuple(slugify(heading.text) for _, heading in _headings(content, source))


def _references(content: Content, kind: str) -> Iterator[tuple[Text, Reference]]:
    mark = "![" if kind == "image" else "<"
    for text in texts(content):
        if text.is_markdown and mark in text.text:
            for reference in references(filled(content, text)):
                if reference.kind == kind:
                    yield text, reference


def _headings(content: Content, source: Source) -> Iterator[tuple[Text, Reference]]:
    for text in texts_of(source):
        if text.is_body and ("#" in text.text or _UNDERLINE.search(text.text)):
            for reference in references(filled(content, text)):
                if reference.kind == "heading":
                    yield text, reference
