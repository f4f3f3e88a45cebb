"""A content folder -> the model, and every mistake of its files as a finding."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path

import pytest

from app.content.folder import MAX_BYTES, Folder, UnreadableError, snapshot
from app.content.loader import Content, load
from app.model import Finding
from tests.conftest import MARBLES, TEAPOTS, MakeContent

ISSUE = """\
    ---
    title: Cold Water
    symptom: No sound
    causes: [The kettle is off]
    solutions: [Switch it on]
    ---
    """


def found(content: Content) -> list[tuple[str, int, str]]:
    """Return the findings as file name, line and rule."""
    return [(Path(finding.path).name, finding.line, finding.rule) for finding in content.findings]


def only(content: Content) -> Finding:
    """Return the only finding."""
    (finding,) = content.findings
    return finding


def test_a_whole_folder() -> None:
    content = load(MARBLES)
    assert content.findings == ()
    assert content.site is not None
    assert content.site.product == "Marble Robot"
    assert [issue.slug for issue in content.issues] == [
        "address-not-allowed",
        "wrong-key",
        "market-closed",
        "forgotten-word",
    ]
    assert [exchange.id for exchange in content.exchanges] == ["glassmarket", "claybourse"]
    assert {error.exchange for error in content.errors} == {"glassmarket", "claybourse"}
    assert [tip.id for tip in content.tips] == ["count-your-marbles"]
    assert content.diagnostic is not None


def test_texts_are_as_they_were_written() -> None:
    issue = load(MARBLES).issues[0]
    assert issue.causes == ("{{ whitelist_ip }} is missing in {{ whitelist_field }}",)
    assert issue.body.startswith("\n## Why {{ exchange }} asks")


def test_drafts_only_when_asked_for() -> None:
    slugs = [issue.slug for issue in load(TEAPOTS).issues]
    assert slugs == ["cold-water", "stage-fright", "rattling-lid"]
    assert [issue.slug for issue in load(TEAPOTS, drafts=True).issues] == [
        *slugs,
        "moonlight-serenade",
    ]


def test_a_site_alone_is_enough(make_content: MakeContent) -> None:
    content = load(make_content({}))
    assert content.findings == ()
    assert (content.issues, content.tips, content.diagnostic) == ((), (), None)


def test_the_version_is_that_of_the_content(make_content: MakeContent) -> None:
    before = load(make_content({"issues/cold-water.md": ISSUE})).version
    assert load(make_content({"issues/cold-water.md": ISSUE})).version == before
    changed = ISSUE.replace("No sound", "Silence")
    assert load(make_content({"issues/cold-water.md": changed})).version != before


def test_solutions_are_texts_or_mappings_and_have_anchors(make_content: MakeContent) -> None:
    text = ISSUE.replace(
        "[Switch it on]", "['Switch {{ tea }} on', {text: 'Wait: a bit', exchanges: [glass]}]"
    )
    (issue,) = load(make_content({"issues/cold-water.md": text})).issues
    assert [step.id for step in issue.solutions] == ["switch-tea-on", "wait-a-bit"]
    assert issue.solutions[1].exchanges == ("glass",)


def test_a_missing_site(tmp_path: Path) -> None:
    finding = only(load(tmp_path))
    assert (finding.rule, finding.path) == ("missing-file", str(tmp_path / "site.yml"))
    assert load(tmp_path / "nowhere").findings


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "message"),
    [
        ("symptom:", "symptoms:", 3, "unknown-key", "did you mean `symptom`?"),
        ("symptom: No sound\n", "", 2, "missing-key", "`symptom` is missing; add it"),
        ("No sound", "", 3, "wrong-type", "`symptom` is empty; write a text"),
        ("Cold Water", "2026-11-20", 2, "wrong-type", "`title` is a date, not a text; put it"),
        ("[The kettle is off]", "off", 4, "wrong-type", "`causes` must be a list"),
        ("[The kettle is off]", "[]", 4, "wrong-type", "needs at least 1 entry"),
        (
            "[The kettle is off]",
            "[off, {a: b}]",
            4,
            "wrong-type",
            "`causes.1` begins with {; put the",
        ),
        ("[Switch it on]", "[7]", 5, "wrong-type", "`solutions.0` must contain `key: value`"),
        ("[Switch it on]", "[茶]", 5, "wrong-type", "give it an `id`"),
        ("[Switch it on]", "[{text: a, id: A b}]", 5, "wrong-type", "lower-case words joined"),
        ("[Switch it on]", "[{id: a}]", 5, "missing-key", "`solutions.0.text` is missing"),
        ("[Switch it on]", "[{text: a, txt: b}]", 5, "unknown-key", "did you mean `text`?"),
        ("title: C", "draft: maybe\ntitle: C", 2, "wrong-type", "must be true or false"),
        ("title: C", "order: soon\ntitle: C", 2, "wrong-type", "must be a whole number"),
        ("title: C", "verified: soon\ntitle: C", 2, "wrong-type", "write it as 2026-11-20"),
        ("title: C", "slug: other\ntitle: C", 2, "unknown-key", "comes from the file itself"),
        ("title: C", "colour: red\ntitle: C", 2, "unknown-key", "known here: title, symptom"),
    ],
)
def test_one_mistake_in_an_issue(
    old: str, new: str, line: int, rule: str, message: str, *, make_content: MakeContent
) -> None:
    text = "\n".join(part.strip() for part in ISSUE.split("\n")).replace(old, new)
    content = load(make_content({"issues/cold-water.md": text}))
    finding = next(finding for finding in content.findings if finding.rule == rule)
    assert (Path(finding.path).name, finding.line) == ("cold-water.md", line)
    assert message in finding.message
    assert content.issues == ()


@pytest.mark.parametrize(
    ("address", "ok"),
    [
        ("192.0.2.7", True),
        ('"2001:db8::7"', True),
        ("192.0.2.0/24", False),
        ("192.0.2.7:443", False),
        ("192.0.2", False),
        ("1.5", False),
        ("teapot.example", False),
    ],
)
def test_addresses(address: str, ok: bool, make_content: MakeContent) -> None:
    site = f"""\
        product: Teapot
        title: T
        intro: I
        whitelist: {{title: a, intro: b, note: c, addresses: [{address}]}}
        support: {{title: a, text: b}}
        """
    content = load(make_content({"site.yml": site}))
    if ok:
        assert content.site is not None
        assert content.site.whitelist is not None
        assert content.site.whitelist.addresses == (ip_address(address.strip('"')),)
    else:
        finding = only(content)
        assert finding.line == 4
        assert "`whitelist.addresses.0` must be one IPv4 or IPv6 address" in finding.message


def test_errors_of_an_exchange(make_content: MakeContent) -> None:
    text = """\
        errors:
          - code: -2015
            issues: [a]
          - code: "1"
            exchange: other
            issues: []
            http: 99
          - nonsense
        """
    assert found(load(make_content({"errors/glass.yml": text}))) == [
        ("glass.yml", 5, "unknown-key"),
        ("glass.yml", 2, "wrong-type"),
        ("glass.yml", 7, "wrong-type"),
        ("glass.yml", 6, "wrong-type"),
        ("glass.yml", 8, "wrong-type"),
    ]


def test_every_mistake_of_every_file_in_one_run(make_content: MakeContent) -> None:
    content = load(
        make_content(
            {
                "site.yml": "product: x",
                "tips.yml": "tips: none",
                "issues/a.md": "no front matter",
                "issues/b.md": ISSUE,
                "exchanges/c.md": "---\nname: C\n---\n",
            }
        )
    )
    assert {(name, rule) for name, _, rule in found(content)} == {
        ("site.yml", "missing-key"),
        ("tips.yml", "wrong-type"),
        ("a.md", "front-matter"),
        ("c.md", "missing-key"),
    }
    assert [issue.slug for issue in content.issues] == ["b"]


@pytest.mark.parametrize(
    "name",
    [
        "site.yaml",
        "issue/a.md",
        "issues/deep/a.md",
        "issues/a.markdown",
        "errors/a.yaml",
        "A.MD",
        "reports-2.jsonl",
    ],
)
def test_a_file_that_nothing_reads(name: str, make_content: MakeContent) -> None:
    finding = only(load(make_content({name: "x"})))
    assert (finding.rule, finding.severity) == ("stray-file", "warning")
    assert "rename it, or move it away" in finding.message


@pytest.mark.parametrize(
    "name", ["README.md", ".vscode/settings.yml", "issues/pot.png", "permalinks.txt"]
)
def test_files_that_may_lie_around(name: str, make_content: MakeContent) -> None:
    assert load(make_content({name: "x"})).findings == ()


# --- hostile files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "rule", "message"),
    [
        (bytes(range(256)) * 40, "unreadable", "is not UTF-8; save the file as UTF-8"),
        ("---\ntitle: Kühl".encode("latin-1"), "unreadable", "the byte 0xfc is not UTF-8"),
        (b"x" * (MAX_BYTES + 1), "unreadable", "split it"),
        (b"---\ntitle: " + b"[" * 50_000 + b"\n---\n", "yaml", "nested deeper"),
        (b"---\ntitle: &a [*a]\n---\n", "yaml-anchor", "needs quotes"),
        (b"---\ntitle: a\0b\n---\n", "yaml", "U+0000"),
        (b"", "front-matter", "the first line must be `---`"),
        (b"---\n", "front-matter", "does not end"),
        (b"---\ntitle: \xed\xa0\x80\n---\n", "unreadable", "is not UTF-8"),
    ],
    ids=["noise", "latin1", "huge", "deep", "bomb", "nul", "empty", "cut", "surrogate"],
)
def test_hostile_files_are_findings(
    data: bytes, rule: str, message: str, make_content: MakeContent
) -> None:
    finding = only(load(make_content({"issues/cold-water.md": data})))
    assert (finding.rule, Path(finding.path).name) == (rule, "cold-water.md")
    assert message in finding.message


def test_front_matter_only_is_an_issue_with_missing_keys(make_content: MakeContent) -> None:
    content = load(make_content({"issues/cold-water.md": "---\n---\n"}))
    assert {rule for _, _, rule in found(content)} == {"missing-key"}


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b""], ids=["bom", "no bom"])
@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\n"], ids=["crlf", "cr", "lf"])
def test_files_of_other_editors(prefix: bytes, ends: bytes, make_content: MakeContent) -> None:
    lines = [line.strip() for line in ISSUE.encode().split(b"\n")]
    root = make_content({"issues/cold-water.md": prefix + ends.join([*lines, b"## Hot"])})
    content = load(root)
    assert content.findings == ()
    assert content.issues[0].title == "Cold Water"
    assert content.issues[0].body.strip() == "## Hot"


def test_links_out_of_the_folder_are_refused(make_content: MakeContent, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\ntitle: secret\n---\n")
    root = make_content({"issues/good.md": ISSUE})
    (root / "issues/bad.md").symlink_to(secret)
    (root / "exchanges").symlink_to(tmp_path)
    findings = load(root).findings
    assert {Path(finding.path).name for finding in findings} == {"bad.md", "secret.md"}
    assert all("link out of the content folder" in finding.message for finding in findings)


@pytest.mark.parametrize("swapped", ["issues/good.md", "issues"])
def test_a_link_that_is_swapped_in_while_a_file_is_opened_is_refused(
    swapped: str, make_content: MakeContent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "good.md").write_text("secret")
    root = make_content({"issues/good.md": ISSUE})
    resolve = os.path.realpath

    def resolve_then_swap(path: str) -> str:
        resolved = resolve(path)
        if path.endswith("good.md"):
            (root / swapped).rename(tmp_path / "away")
            (root / swapped).symlink_to(outside / "good.md" if "." in swapped else outside)
        return resolved

    monkeypatch.setattr("app.content.folder.os.path.realpath", resolve_then_swap)
    with pytest.raises(UnreadableError):
        Folder(root).read("issues/good.md")


def test_links_inside_the_folder_are_files(make_content: MakeContent) -> None:
    root = make_content({"issues/good.md": ISSUE})
    (root / "issues/same.md").symlink_to(root / "issues/good.md")
    content = load(root)
    assert content.findings == ()
    assert [issue.slug for issue in content.issues] == ["good", "same"]


def test_what_is_no_file(make_content: MakeContent) -> None:
    root = make_content({"issues/good.md": ISSUE})
    (root / "issues/folder.md").mkdir()
    (root / "issues/broken.md").symlink_to(root / "nowhere")
    (root / "issues/loop.md").symlink_to(root / "issues/loop.md")
    os.mkfifo(root / "issues/pipe.md")
    content = load(root)
    assert {name for name, _, _ in found(content)} == {
        "folder.md",
        "broken.md",
        "loop.md",
        "pipe.md",
    }
    assert [issue.slug for issue in content.issues] == ["good"]


def test_a_folder_that_cannot_be_listed(
    make_content: MakeContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    root = make_content({"issues/good.md": ISSUE})
    monkeypatch.setattr("app.content.folder.os.listdir", refused)
    rules = {finding.rule for finding in load(root).findings}
    assert rules == {"unreadable", "missing-file"}


def test_hidden_files_are_none_of_ours(make_content: MakeContent) -> None:
    """Editors keep drafts and locks beside the file."""
    root = make_content({"issues/good.md": ISSUE})
    before = snapshot(root)
    (root / "issues" / ".#good.md").symlink_to("somebody@somewhere.123")
    (root / "issues" / ".good.md.swp").write_bytes(b"\xff\xfe")
    assert load(root).findings == ()
    assert snapshot(root) == before


def test_file_names_that_are_no_slugs(make_content: MakeContent) -> None:
    root = make_content({f"issues/{name}.md": ISSUE for name in ("Cold Water", "thé", "a_b")})
    (root / os.fsdecode(b"issues/\xff.md")).write_text("---\n---\n")
    findings = [finding for finding in load(root).findings if "rename the file" in finding.message]
    assert len(findings) == 4
