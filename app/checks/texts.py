"""Rules about texts: variables, IP addresses, headings, HTML, and Markdown that isn't rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address

from app.checks.survey import Mistake, Survey, Text, body_of, did_you_mean, is_draft, texts_of
from app.content.frontmatter import Position
from app.content.loader import Source
from app.content.markdown import flaws
from app.content.variables import EXCHANGE_DEFAULTS, VARIABLE, variables
from app.model import IpAddress, Issue, slugify

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![0-9A-Za-z])")


PLACEHOLDER_TEXTS = (
    "What the reader sees, in one sentence",
    "What the reader picks when the diagnosis is unsure",
    "Where it comes from",
    "What the reader can do about it",
    "https://exchange.example",
    "Where to find the keys",
    "What to allow, and what not",
)
"""The texts of new files (`authoring/skeleton.py`) that a writer has to replace."""


def unknown_variable(survey: Survey) -> Iterator[Mistake]:
    """Find a variable that `site.yml` doesn't define; correct or define it.

    Error. Example: `{{ prodct }}`
    """
    if survey.content.site is None:
        return
    known = [*variables(survey.content.site), *EXCHANGE_DEFAULTS]
    for text in survey.braced:
        if text.source.kind == "site" and text.location[0] in {"product", "variables"}:
            message = "the value of a variable can't use variables; write the text itself"
            yield Mistake(text.source, text.find("{{"), message)
            continue
        for match in VARIABLE.finditer(text.text):
            if match["name"] not in known:
                cure = did_you_mean(match["name"], known)
                message = f"unknown variable `{match['name']}`; {cure}"
                yield Mistake(text.source, text.find(match[0], line=_line(text, match)), message)
        if text.is_markdown and "{{" in VARIABLE.sub("", text.text):
            message = "`{{` here isn't a variable; write {{ name }} or {{ name | default }}"
            yield Mistake(text.source, _stray(text), message)


def _line(text: Text, match: re.Match[str]) -> int:
    return text.text.count("\n", 0, match.start()) + 1


def _stray(text: Text) -> Position:
    """Return the place of the first braces outside variables."""
    covered = VARIABLE.sub(lambda match: "." * len(match[0]), text.text)
    begin = covered.index("{{")
    line = covered.count("\n", 0, begin) + 1
    return text.find(text.text[begin:].split("\n", 1)[0], line=line)


_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Za-z_]\w*)\}")
_PLACEHOLDERS = ("n", "ip")
_SIGNATURES = frozenset({"signatures", "off_topic_signatures", "message"})


def unknown_placeholder(survey: Survey) -> Iterator[Mistake]:
    """Find an unknown placeholder in a signature; write {}, {n} or {ip}.

    Error. Example: `signatures: ["no key for account {account}"]`
    """
    for source in survey.sources:
        for text in texts_of(source):
            if _SIGNATURES.isdisjoint(text.location):
                continue
            for found in _PLACEHOLDER.finditer(text.text):
                if found["name"] not in _PLACEHOLDERS:
                    message = (
                        f"`{found[0]}` is matched letter by letter; write {{}} for a part that "
                        "changes, {n} for a number, {ip} for an address"
                    )
                    yield Mistake(source, text.find(found[0]), message)


def placeholder_text(survey: Survey) -> Iterator[Mistake]:
    """Find text of `helpcenter new` in a published file; replace it with your own.

    Error. Example: `causes: [Where it comes from]`
    """
    for source in survey.sources:
        if is_draft(source):
            continue
        for text in texts_of(source):
            for placeholder in PLACEHOLDER_TEXTS:
                is_line = text.is_body and placeholder in text.text
                if text.text == placeholder or is_line:
                    message = f"“{placeholder}” is the example text of `helpcenter new`; replace it"
                    yield Mistake(source, text.find(placeholder), message)


def hard_coded_ip(survey: Survey) -> Iterator[Mistake]:
    """Find a hard-coded whitelist address; use {{ whitelist_ip }}.

    Error. Example: `192.0.2.7` in a text, when `site.yml` lists it
    """
    if survey.content.site is None or survey.content.site.whitelist is None:
        return
    addresses = survey.content.site.whitelist.addresses
    # An IPv4 address can be written in one way only; other addresses begin with anything.
    literals = [str(address) if isinstance(address, IPv4Address) else "" for address in addresses]
    for source in survey.sources:
        if not any(literal in source.text for literal in literals):
            continue
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
                message = f"hard-coded whitelist address {literal}; use {name}"
                yield Mistake(source, Position(number, column), message)


def _addresses(line: str) -> Iterator[tuple[int, str, IpAddress]]:
    """Yield each IP address in a line with its column."""
    if "." not in line and ":" not in line:
        return
    for match in (*_IPV4.finditer(line), *_IPV6.finditer(line)):
        for literal in dict.fromkeys((match[0], match[0].removesuffix(":"))):
            try:
                yield match.start() + 1, literal, ip_address(literal)
            except ValueError:
                continue
            break


def heading_levels(survey: Survey) -> Iterator[Mistake]:
    """Find a heading of the wrong level; begin with `##`, skip none.

    Error. Example: `####` below `##`
    """
    for source in survey.sources:
        level = 1
        for heading, _ in survey.headings(source):
            marks = "#" * heading.level
            message = ""
            if heading.level == 1:
                message = "the page's title is its only first heading; write ## instead of #"
            elif heading.level > level + 1:
                right = "#" * (level + 1)
                above = f"below {'#' * level}" if level > 1 else "as the first heading"
                message = f"{marks} {above} skips a level; write {right}"
            if message:
                place = body_of(source).find(marks, line=heading.line)
                yield Mistake(source, place, message)
            level = heading.level


def duplicate_heading(survey: Survey) -> Iterator[Mistake]:
    """Find headings or steps with the same anchor; reword a heading.

    Error. Example: `## Add the address` beside that step
    """
    for source in survey.sources:
        headings = survey.headings(source)
        if not headings:
            continue
        body = body_of(source)
        seen = dict.fromkeys((*step_ids(source), *step_aliases(source)), "a step")
        for heading, anchor in headings:
            if anchor and anchor in seen:
                message = f"the anchor #{anchor} already belongs to {seen[anchor]}; reword this"
                yield Mistake(source, body.find("#", line=heading.line), message)
            seen.setdefault(anchor, f"the heading on line {body.position.line + heading.line - 1}")


def raw_html(survey: Survey) -> Iterator[Mistake]:
    """Find HTML in a text, which visitors see as tags; write Markdown.

    Warning. Example: `<br>`
    """
    for text, tag in survey.elements:
        if tag.kind == "html":
            message = (
                f"HTML is not rendered, visitors see `{tag.text}` as text; write Markdown, "
                "or put it into `backticks` if it is meant to be seen"
            )
            place = text.find(tag.text, line=tag.line)
            yield Mistake(text.source, place, message, severity="warning")


def step_ids(source: Source) -> tuple[str, ...]:
    """Return the anchors of an issue's solutions, given or made from their texts."""
    if isinstance(source.entity, Issue):
        return tuple(step.id for step in source.entity.all_steps)
    solutions = source.document.fields.get("solutions")
    ids: list[str] = []
    for solution in solutions if isinstance(solutions, list) else ():
        if isinstance(solution, str):
            ids.append(slugify(solution))
        elif isinstance(solution, dict):
            ids.append(str(solution.get("id") or slugify(str(solution.get("text", "")))))
    return tuple(ids)


def step_aliases(source: Source) -> Mapping[str, str]:
    """Return the old anchors of an issue's solutions, each with the present one."""
    if isinstance(source.entity, Issue):
        return {old: step.id for step in source.entity.all_steps for old in step.aliases}
    solutions = source.document.fields.get("solutions")
    pairs = zip(solutions if isinstance(solutions, list) else (), step_ids(source), strict=False)
    return {
        str(alias): name
        for solution, name in pairs
        if isinstance(solution, dict) and isinstance(solution.get("aliases"), list)
        for alias in solution["aliases"]
    }


def heading_anchors(survey: Survey, source: Source) -> tuple[str, ...]:
    """Return the anchors of the headings in a file's body."""
    return tuple(anchor for _, anchor in survey.headings(source))


def broken_markdown(survey: Survey) -> Iterator[Mistake]:
    """Find bold text, code or a link that is not closed, or a link that can't work; correct it.

    Error. Example: `**Trade`
    """
    yield from _flaws_of(survey, "broken")


def unsupported_markdown(survey: Survey) -> Iterator[Mistake]:
    """Find an unknown callout, or a code block or list in a step; write it differently.

    Error. Example: `> [!HINT]`; a callout is `> [!NOTE]`, `[!TIP]` or the like
    """
    yield from _flaws_of(survey, "unsupported")


def _flaws_of(survey: Survey, kind: str) -> Iterator[Mistake]:
    for source in survey.sources:
        for text in texts_of(source):
            if not text.is_markdown:
                continue
            # A variable may stand in a link; its braces and blanks are no part of that.
            shown = VARIABLE.sub("variable", text.text)
            for flaw in flaws(shown, is_inline=not text.is_body):
                if flaw.kind == kind:
                    place = text.find(flaw.sign, line=flaw.line)
                    yield Mistake(source, place, flaw.message)
