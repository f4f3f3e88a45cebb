"""Texts -> fields, each with the place where a writer finds it."""

from __future__ import annotations

from contextlib import suppress
from operator import mul
from textwrap import dedent

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from app.content.frontmatter import (
    Location,
    Position,
    _is_suspect,
    _refused,
    parse_markdown,
    parse_yaml,
)

TEAPOT = dedent(
    """\
    ---
    title: Rattling Lid
    causes:
      - Steam
      - "The lid: too small"
    solutions: [Swap it, {text: Glue it, id: glue}]
    verified: 2026-11-20
    ---

    ## Lids
    """
)


def test_fields_body_and_places() -> None:
    document = parse_markdown(TEAPOT)

    assert document.problems == ()
    assert document.fields["title"] == "Rattling Lid"
    assert document.fields["causes"] == ["Steam", "The lid: too small"]
    assert str(document.fields["verified"]) == "2026-11-20"
    assert document.body == "\n## Lids\n"
    assert TEAPOT.split("\n")[document.body_line - 1 :] == document.body.split("\n")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (("title",), Position(2, 8)),
        (("causes",), Position(3, 1)),
        (("causes", 1), Position(5, 5)),
        (("solutions", 1, "text"), Position(6, 29)),
        (("solutions", 1, "nothing"), Position(6, 22)),
        (("nothing",), Position(2, 1)),
    ],
)
def test_place_of_a_field_or_of_what_is_around_it(location: Location, place: Position) -> None:
    assert parse_markdown(TEAPOT).position(location) == place


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("on: yes\noff: no\n", {"on": "yes", "off": "no"}),
        ("hot: true\ncold: False", {"hot": True, "cold": False}),
        ("zip: 010\ntime: 1:30\nhex: 0x1F", {"zip": "010", "time": "1:30", "hex": "0x1F"}),
        ("count: -7\nshare: 0.5\nnone: ~", {"count": -7, "share": 0.5, "none": None}),
        ("version: 1.2.3\nip: 192.0.2.7", {"version": "1.2.3", "ip": "192.0.2.7"}),
        ("text: |\n  two\n  lines\n", {"text": "two\nlines\n"}),
        ("", {}),
        ("# only a comment\n", {}),
        ("---\na: b\n", {"a": "b"}),
    ],
)
def test_scalars_mean_what_writers_mean(text: str, fields: dict[str, object]) -> None:
    document = parse_yaml(text)
    assert document.problems == ()
    assert document.fields == fields


@pytest.mark.parametrize(
    ("text", "rule", "place", "message"),
    [
        ("a: b: c", "yaml", Position(1, 5), "into quotes"),
        ("a:\n\t- b", "yaml", Position(2, 1), "a tab in the indentation"),
        ("a: 1\na: 2", "duplicate-key", Position(2, 1), "`a` appears twice; keep one"),
        ("b:\n  - {a: 1, a: 2}", "duplicate-key", Position(2, 12), "`a` appears twice"),
        ("a: &x [1]\nb: *x", "yaml-anchor", Position(1, 4), "needs quotes"),
        ("b: *x", "yaml-anchor", Position(1, 4), "needs quotes"),
        ("a: &a [*a]", "yaml-anchor", Position(1, 4), "needs quotes"),
        ("a: !!python/object/apply:os.system [ls]", "yaml-tag", Position(1, 4), "needs quotes"),
        ("a: !tea pot", "yaml-tag", Position(1, 4), "needs quotes"),
        ("404: lost", "yaml", Position(1, 1), "must be a word"),
        ("[a]: b", "yaml", Position(1, 1), "must be a word"),
        ("a: 1\nb: 2026-99-99", "yaml", Position(2, 4), "not a date"),
        ("a: 1\nb: c\0d", "yaml", Position(2, 5), "U+0000"),
        ("- a\n- b", "yaml", Position(1, 1), "`key: value` lines"),
        ("just a text", "yaml", Position(1, 1), "`key: value` lines"),
        ("a: 1\n---\nb: 2", "yaml", Position(2, 1), "a second `---`"),
    ],
)
def test_what_can_not_be_read_is_one_problem_with_its_place(
    text: str, rule: str, place: Position, message: str
) -> None:
    document = parse_yaml(text)
    (problem,) = document.problems
    assert (problem.rule, problem.position) == (rule, place)
    assert message in problem.message
    assert document.fields == {}


def test_every_duplicate_key_is_told() -> None:
    problems = parse_yaml("a: 1\na: 2\nb: 1\nb: 2").problems
    assert [problem.position.line for problem in problems] == [2, 4]


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "{b: " * 100_000,
        "a:\n  " + "- " * 100_000,
        "\n".join(" " * depth + "a:" for depth in range(2_000)),
    ],
    ids=["brackets", "braces", "dashes", "indents"],
)
def test_deep_nesting_is_refused_before_the_stack_ends(text: str) -> None:
    (problem,) = parse_yaml(text).problems
    assert "nested deeper" in problem.message


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("text", ["a: b{}c", "a: b\n?{}\n??", "a:{}" + "- " * 100_000])
def test_a_line_that_only_yaml_ends_is_refused_where_it_stands(text: str, character: str) -> None:
    before = text.partition("{}")[0]
    (problem,) = parse_yaml(text.replace("{}", character)).problems
    assert problem.position == Position(before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert f"U+{ord(character):04X} isn't allowed in YAML; remove it" in problem.message


_SIGNS = st.lists(st.sampled_from([*"&*!]}-?:'\n ax", "[", "{", "[a,", ": "]), max_size=9)
_DEEP = st.tuples(
    st.just("a:"),
    st.sampled_from(["\n", "\n  ", " ", "\r"]),
    st.builds(mul, st.sampled_from(["- ", "[", "{a: ", "? "]), st.integers(1, 30)),
    st.just("b"),
)


@given((_SIGNS | _DEEP).map("".join))
@example("[a,&x b]")
@example('{"a":&x b}')
@example("{a: [!b c]}")
def test_what_is_not_looked_at_closely_has_nothing_to_refuse(text: str) -> None:
    """Most texts have none of the signs of an anchor, a tag or deep nesting."""
    with suppress(yaml.YAMLError):
        assert _is_suspect(text) or _refused(text, 0) is None


def test_a_yaml_bomb_is_refused_before_it_is_built() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"b{n}: &b{n} [{', '.join(['*' + ('a' if n == 0 else f'b{n - 1}')] * 9)}]\n"
        for n in range(30)
    )
    (problem,) = parse_yaml(bomb).problems
    assert problem.rule == "yaml-anchor"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line must be `---`"),
        ("title: x", "the first line must be `---`"),
        (" ---\ntitle: x\n---", "the first line must be `---`"),
        ("---\ntitle: x\n", "does not end"),
        ("---", "does not end"),
    ],
)
def test_markdown_without_front_matter(text: str, message: str) -> None:
    (problem,) = parse_markdown(text).problems
    assert problem.rule == "front-matter"
    assert problem.position == Position(1)
    assert message in problem.message


def test_front_matter_only() -> None:
    document = parse_markdown("---\ntitle: x\n---")
    assert (document.fields, document.body) == ({"title": "x"}, "")


def test_the_body_is_kept_when_the_front_matter_is_broken() -> None:
    document = parse_markdown("---\na: [\n---\n## Body")
    assert [problem.rule for problem in document.problems] == ["yaml"]
    assert (document.body, document.body_line) == ("## Body", 4)


@pytest.mark.parametrize("character", ["\f", "\x1c", "\x85", "\u2028"])
def test_lines_are_counted_as_editors_do(character: str) -> None:
    document = parse_markdown(f"---\na: b\n---\none{character}two\nthree")
    assert document.body.split("\n")[1] == "three"


def test_windows_line_ends() -> None:
    document = parse_markdown("---\r\ntitle: x\r\ncauses:\r\n  - y\r\n---\r\nbody\r\n")
    assert document.fields == {"title": "x", "causes": ["y"]}
    assert document.position(("causes", 0)) == Position(4, 5)
    assert document.body_line == 6
