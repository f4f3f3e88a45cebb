"""Small changes to files: what is asked for changes, and not one byte more."""

from __future__ import annotations

from textwrap import dedent

import pytest

from app.authoring.editing import Editor, UneditableError


def edit(text: str) -> Editor:
    return Editor(dedent(text))


def issue(fields: str) -> Editor:
    return Editor(f"---\n{dedent(fields)}---\n\n## Body\n\nNot YAML: [at all\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("related: [cold, warm]  # both\n", "related: [hot, warm]  # both\n"),
        ("related: ['cold', warm]\n", "related: ['hot', warm]\n"),
        ('related:\n  - "cold"  # brr\n  - warm\n', 'related:\n  - "hot"  # brr\n  - warm\n'),
        ("related: [\n  cold,\n  warm ]\n", "related: [\n  hot,\n  warm ]\n"),
    ],
)
def test_a_word_is_replaced_and_quotes_and_comments_stay(before: str, after: str) -> None:
    editor = Editor(f"title: Tea 🫖\n{before}")
    editor.replace(("related", 0), "hot")
    assert editor.result == f"title: Tea 🫖\n{after}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("aliases: [a]  # old\n", "aliases: [a, x, y]  # old\n"),
        ("aliases: [  ]\n", "aliases: [x, y]\n"),
        ("aliases: [a,\n  'b']\n", "aliases: [a,\n  'b', x, y]\n"),
        ("aliases:\n- a # c\n\n# d\norder: 1\n", "aliases:\n- a # c\n- x\n- y\n\n# d\norder: 1\n"),
        ("aliases:\n    - a\norder: 1\n", "aliases:\n    - a\n    - x\n    - y\norder: 1\n"),
        ("order: 1\n", "order: 1\naliases: [x, y]\n"),
        ("order: 1\n# the end\n", "order: 1\n# the end\naliases: [x, y]\n"),
    ],
)  # fmt: skip
def test_words_are_added_to_a_list_in_its_own_form(before: str, after: str) -> None:
    editor = issue(before)
    editor.add(("aliases",), ["x", "y"])
    assert editor.result == issue(after).result


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(UneditableError, match="`aliases` must be a list"):
        edit("aliases: a\n").add(("aliases",), ["x"])


@pytest.mark.parametrize(
    ("before", "index", "after"),
    [
        ("related: [a, b, c] # r\n", 0, "related: [b, c] # r\n"),
        ("related: [a, b, c]\n", 1, "related: [a, c]\n"),
        ("related: [a, b, c]\n", 2, "related: [a, b]\n"),
        ("related: [a] # r\n", 0, "related: [] # r\n"),
        ("related:\n  - a\n  - b # two\n  - c\n", 1, "related:\n  - a\n  - c\n"),
        ("related: # r\n  - a\norder: 1\n", 0, "related: [] # r\norder: 1\n"),
        ("related:\n  - a\n  - b", 1, "related:\n  - a\n"),
        (
            "related:\n  # one\n  - text: a\n    id: b # c\n\n  - text: >-\n      d\n",
            0,
            "related:\n  # one\n\n  - text: >-\n      d\n",
        ),
    ],
)
def test_an_item_is_removed_from_a_list(before: str, index: int, after: str) -> None:
    editor = Editor(before)
    editor.remove(("related", index))
    assert editor.result == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "solutions:\n  - Pour *tea*  # 1st\n  - Drink\n",
            "solutions:\n  - text: Pour *tea*  # 1st\n    id: new\n    aliases: [old]\n  - Drink\n",
        ),
        (
            "solutions:\n-   'Pour\n    tea'\norder: 1\n",
            "solutions:\n-   text: 'Pour\n        tea'\n    id: new\n    aliases: [old]\n"
            "order: 1\n",
        ),
        (
            "solutions:\n  - >-\n    Pour\n    # tea\n\n    slowly\n\n  - Drink\n",
            "solutions:\n  - text: >-\n      Pour\n      # tea\n\n      slowly\n    id: new\n"
            "    aliases: [old]\n\n  - Drink\n",
        ),
        (
            "solutions: [Pour tea, Drink]\n",
            "solutions: [{text: Pour tea, id: new, aliases: [old]}, Drink]\n",
        ),
        (
            "solutions:\n  - text: Pour tea\n    # why\n    id: 'old' # id\n",
            "solutions:\n  - text: Pour tea\n    # why\n    id: 'new' # id\n    aliases: [old]\n",
        ),
        (
            "solutions:\n  - text: Pour tea\n    exchanges: [a]\norder: 1\n",
            "solutions:\n  - text: Pour tea\n    exchanges: [a]\n    id: new\n    aliases: [old]\n"
            "order: 1\n",
        ),
        (
            "solutions:\n  - {text: Pour tea, id: old }\n",
            "solutions:\n  - {text: Pour tea, id: new, aliases: [old] }\n",
        ),
    ],
)  # fmt: skip
def test_a_step_gets_another_id_in_the_form_it_is_written_in(before: str, after: str) -> None:
    editor = issue(before)
    editor.set_step(0, "new", ["old"])
    assert editor.result == issue(after).result


def test_a_step_written_over_several_lines_keeps_its_text() -> None:
    editor = issue("solutions:\n  - Pour the\n    tea\n    slowly\n  - Drink\n")
    editor.set_step(0, "pour", ["old"])
    step = Editor(editor.result)
    step.replace(("solutions", 0, "id"), "again")
    assert (
        "  - text: Pour the\n      tea\n      slowly\n    id: again\n    aliases: [old]\n"
        in step.result
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "errors:\n  - code: x\n    issues: [a]\n"),
        ("# none yet\n", "# none yet\nerrors:\n  - code: x\n    issues: [a]\n"),
        ("errors: []\n", "errors:\n  - code: x\n    issues: [a]\n"),
        (
            "errors:\n- code: b # b\n  examples:\n  - >-\n    long\n\n# end\nsources: {}\n",
            "errors:\n- code: b # b\n  examples:\n  - >-\n    long\n- code: x\n  issues: [a]\n"
            "\n# end\nsources: {}\n",
        ),
    ],
)
def test_an_item_of_several_lines_is_added(before: str, after: str) -> None:
    editor = Editor(before)
    editor.add(("errors",), ["code: x\nissues: [a]"])
    assert editor.result == after


def test_an_item_of_several_lines_does_not_fit_between_brackets() -> None:
    with pytest.raises(UneditableError, match="each item of `errors` on lines of its own"):
        edit("errors: [{code: a}]\n").add(("errors",), ["code: x\nissues: [a]"])


def test_long_or_quoted_items_of_a_new_list_stand_on_lines_of_their_own() -> None:
    for items in (['"a: b"'], ["w" * 50, "x" * 50]):
        editor = issue("order: 1\n")
        editor.add(("phrases",), items)
        lines = "".join(f"  - {item}\n" for item in items)
        assert editor.result == issue(f"order: 1\nphrases:\n{lines}").result


def test_links_within_the_help_center_are_mended_and_nothing_else() -> None:
    text = (
        '---\nsymptom: "See [cold](/issues/cold#step) and /issues/cold"\n---\n'
        "[a]( </issues/cold?x=1>) [b](https://tea.example/issues/cold) [c][c] [own](#step)\n\n"
        "[c]: /issues/cold\n"
    )
    editor = Editor(text)
    seen: list[str] = []

    def target(link: str) -> str | None:
        seen.append(link)
        return link.replace("cold", "warm") if "cold" in link else None

    editor.replace_links(target)
    assert seen == ["/issues/cold#step", "/issues/cold?x=1", "#step", "/issues/cold"]
    assert editor.result == (
        '---\nsymptom: "See [cold](/issues/warm#step) and /issues/cold"\n---\n'
        "[a]( </issues/warm?x=1>) [b](https://tea.example/issues/cold) [c][c] [own](#step)\n\n"
        "[c]: /issues/warm\n"
    )


def test_nothing_asked_nothing_changed() -> None:
    text = "---\r\ntitle: x\t# y\r\n---\r\n\n\n"
    assert Editor(text).result == text
