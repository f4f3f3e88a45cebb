"""Links are promises: which ones there are, what keeps them, and what is said of a broken one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.checks import check
from app.content.loader import load
from app.model import Finding
from app.permalinks import PERMALINKS_FILE, PERMALINKS_HEADER, Permalinks, published, with_new
from tests.conftest import MARBLES, TEAPOTS, MakeContent

ISSUE = """\
    ---
    title: Cold
    symptom: No sound
    causes: [No fire]
    solutions:
      - text: Light the fire
        id: light-it
        aliases: [burn]
      - text: Ask the frog
        id: ask
        exchanges: [pond]
    aliases: [lukewarm]
    {more}
    ---
    """
POND = "---\nname: Pond\nwebsite: https://pond.example\naliases: [puddle]\n---\n"
ERRORS = 'errors:\n  - code: "-7: x"\n    message: quack\n    issues: [cold]\n'
FILES = {
    "issues/cold.md": ISSUE.format(more=""),
    "exchanges/pond.md": POND,
    "errors/pond.yml": ERRORS,
    "tips.yml": "tips:\n  - {id: blow, title: Blow, text: Often, aliases: [puff]}\n",
}


def broken(
    make_content: MakeContent, links: str, files: Mapping[str, str] | None = None
) -> list[Finding]:
    root = make_content({**FILES, **(files or {}), PERMALINKS_FILE: f"# old\n\n{links}\n"})
    return [finding for finding in check(load(root)) if finding.rule == "broken-permalink"]


def test_all_that_is_published() -> None:
    links = published(load(TEAPOTS))
    assert links == (
        "/",
        "/#descale-monthly",
        "/#warm-up",
        "/diagnose?missing=lid-closed",
        "/diagnose?missing=water-boils",
        "/diagnose?test-solo=fail",
        "/diagnose?test-solo=pass",
        "/i/cold-water",
        "/i/rattling-lid",
        "/i/stage-fright",
        "/issues/cold-water",
        "/issues/cold-water#boil-the-water-until-product-members-nod",
        "/issues/cold-water#wait-for-the-whistle",
        "/issues/rattling-lid",
        "/issues/rattling-lid#swap-the-lids-until-both-pots-are-content",
        "/issues/stage-fright",
        "/issues/stage-fright#sing-to-the-cat",
        "/issues/stage-fright#turn-the-cups-around",
    )
    markets = published(load(MARBLES))
    assert {"/exchanges", "/exchanges/glassmarket", "/whitelist"} <= set(markets)
    assert "/errors/glassmarket/EMARBLE:Rolled%20away" in markets
    assert "/e/glassmarket/EMARBLE:Rolled%20away" in markets
    assert "/issues/address-not-allowed#clay-frog" in markets


@pytest.mark.parametrize("folder", [TEAPOTS, MARBLES], ids=lambda path: path.name)
def test_what_is_published_resolves(folder: Path) -> None:
    content = load(folder)
    links = Permalinks(content)
    assert len(published(content)) > 15
    assert [link for link in published(content) if links.broken(link)] == []


@pytest.mark.parametrize(
    "link",
    [
        "/issues/lukewarm",
        "/issues/lukewarm.md?exchange=pond",
        "/i/lukewarm#burn",
        "/issues/cold#burn",
        "/issues/cold#ask",
        "/issues/cold?exchange=puddle#ask",
        "/exchanges/puddle",
        "/errors/puddle/-7:%20x",
        "/e/pond/-7: x.txt",
        "/diagnose?missing=&exchange=pond",
        "/diagnose?exchange=puddle&error=-7: x&answer=lukewarm",
        "/whitelist",
        "/#puff",
    ],
)
def test_old_names_keep_links(link: str, make_content: MakeContent) -> None:
    assert broken(make_content, link) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("/issues/warm", "the issue `warm` is gone; add `aliases: [warm]`"),
        ("/i/luke-warm", "replaces it, perhaps `lukewarm` (`helpcenter rename`"),
        ("/issues/cold#melt", "the step `melt` of `cold` is gone; add `id: melt`"),
        ("/issues/cold?exchange=sea", "the exchange `sea` is gone"),
        ("/exchanges/pondd", "add `aliases: [pondd]` to the exchange that replaces it, perhaps"),
        ("/errors/pond/-8", "the error code `-8` of pond is gone; put its entry back"),
        ("/e/sea/-7", "the exchange `sea` is gone"),
        (
            "/#blew",
            "the tip `blew` is gone; add `aliases: [blew]` to the tip that replaces it, per",
        ),
        ("/diagnose?missing=fire", "add `aliases: [fire]` to the checklist item"),
        ("/diagnose?test-x=pass", "the quick test `x` is gone"),
        ("/diagnose?exchange=pond&error=-8", "the error code `-8` of pond is gone"),
        ("/diagnose?missing=&answer=warm", "the issue `warm` is gone"),
        ("/somewhere", "not a permalink"),
        ("issues/cold", "not a permalink"),
    ],
)
def test_a_broken_link_is_named_with_its_line_and_fix(
    link: str, said: str, make_content: MakeContent
) -> None:
    (finding,) = broken(make_content, link)
    assert (Path(finding.path).name, finding.line) == (PERMALINKS_FILE, 3)
    assert finding.severity == "error"
    assert finding.message.startswith(f"{link}: ")
    assert said in finding.message


def test_a_link_that_redirects_is_not_broken(make_content: MakeContent) -> None:
    more = {"redirects.txt": "/errors/pond/-8 /issues/cold?exchange=pond\n"}
    assert broken(make_content, "/errors/pond/-8", more) == []
    assert len(broken(make_content, "/errors/pond/-9", more)) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/errors/pond/-8 /issues/cold", ""),
        ("/issues/cold#melt   /issues/lukewarm", ""),
        ("/errors/pond/-8 /errors/pond/-9", "/errors/pond/-9 leads nowhere: the error code `-9`"),
        ("/issues/lukewarm /", "/issues/lukewarm still has its page; remove the redirect"),
        ("/errors/pond/-8", "write the old link, a space and the new link"),
        ("/errors/pond/-8 https://x.example", "both begin with /"),
        ("/errors/pond/-8 / 301", "write the old link, a space and the new link"),
    ],
)
def test_a_redirect_that_can_not_work_is_reported(
    line: str, said: str, make_content: MakeContent
) -> None:
    root = make_content({**FILES, "redirects.txt": f"# gone\n{line}\n"})
    found = [finding for finding in check(load(root)) if finding.rule == "broken-redirect"]
    assert [(Path(finding.path).name, finding.line) for finding in found] == (
        [("redirects.txt", 2)] if said else []
    )
    assert all(said in finding.message for finding in found)


def test_what_becomes_a_draft_breaks_its_links(make_content: MakeContent) -> None:
    draft = {"issues/cold.md": ISSUE.format(more="draft: true"), "errors/pond.yml": "errors: []"}
    assert len(broken(make_content, "/issues/cold", draft)) == 1


def test_a_step_whose_only_exchange_is_a_draft_is_gone(make_content: MakeContent) -> None:
    draft = {"exchanges/pond.md": POND.replace("name:", "draft: true\nname:")}
    draft["issues/cold.md"] = ISSUE.format(more="draft: false")
    assert [finding.line for finding in broken(make_content, "/issues/cold#ask", draft)] == [3]


def test_a_broken_file_breaks_no_links(make_content: MakeContent) -> None:
    assert broken(make_content, "/issues/cold", {"issues/cold.md": "---\ntitle: [\n---\n"}) == []


def test_new_links_are_sorted_in_and_comments_stay_where_they_are() -> None:
    text = "# all\n\n/b\n# about d\n/d\n# end\n"
    assert with_new(text, {"/a", "/c", "/e"}) == "# all\n\n/a\n/b\n/c\n# about d\n/d\n/e\n# end\n"
    assert with_new("", {"/b", "/a"}) == f"{PERMALINKS_HEADER}/a\n/b\n"
    assert with_new("/b", ["/a"]) == "/a\n/b\n"


def test_the_list_is_read_once_and_counts_for_the_version(tmp_path: Path) -> None:
    root = tmp_path / "content"
    shutil.copytree(TEAPOTS, root)
    before = load(root)
    (root / PERMALINKS_FILE).write_text("# c\n/issues/cold-water\n  /  \n")
    after = load(root)
    assert (before.permalinks, after.permalinks) == ((), ("/issues/cold-water", "/"))
    assert after.findings == ()
