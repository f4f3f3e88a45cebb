"""`helpcenter insights`, as a writer reads it."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.feedback.records import Kind, Reason, Unanswered, Vote
from app.feedback.store import Store
from app.settings import Settings
from tests.conftest import MARBLES
from tests.feedback.examples import cast

NOW = datetime.now(UTC)


def insights(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["insights", "--content", str(MARBLES), *arguments])


def fill(data: Path) -> None:
    """Leave two like texts, a search, two votes and a report, as visitors would."""
    with closing(Store.open(Settings(data=data).database)) as store:
        for number in (7, 8):
            store.note_unanswered(
                Unanswered(NOW, Kind.DIAGNOSIS, f"my kettle sings {number} notes too high", "v1")
            )
        store.note_unanswered(Unanswered(NOW, Kind.SEARCH, "zzyzx", "v1"))
        store.count_report(["wrong-key"], NOW.date() - timedelta(days=7))
        page = "/issues/wrong-key"
        cast(store, Vote(NOW, page, helpful=True, visitor="anna", content_version="v1"))
        reason, comment = Reason.HARD_TO_FOLLOW, "which blue button?"
        cast(store, Vote(NOW, page, False, "ben", "v1", reason=reason, comment=comment))


def test_everything_on_one_page(tmp_path: Path) -> None:
    fill(tmp_path)
    answer = insights("--data", str(tmp_path))
    assert answer.exit_code == 0
    lines = [" ".join(line.split()) for line in answer.output.splitlines()]
    assert "Store: ok" in lines
    assert "unanswered 3 (0)" in lines
    assert "reports 0 (1)" in lines
    first, second = lines[lines.index("Unanswered, most frequent first") + 1 :][:2]
    assert first.startswith("2 ")
    assert "my kettle sings" in first
    assert second.endswith("zzyzx")
    why = lines[lines.index("1 1 /issues/wrong-key") + 1 :][:2]
    assert why == ["1 × hard-to-follow", "“which blue button?”"]
    assert "1 wrong-key" in lines
    assert "issues/wrong-key.md" in lines[lines.index("Not checked for 180 days") :]


def test_what_was_said_of_a_page_under_its_old_names_counts_for_it(tmp_path: Path) -> None:
    with closing(Store.open(Settings(data=tmp_path).database)) as store:
        for number, page in enumerate(
            ["/issues/ip-not-allowed", "/issues/address-not-allowed", "/errors/mirror-fair/-7007"]
        ):
            created = NOW + timedelta(seconds=number)
            cast(store, Vote(created, page, False, f"anna-{number}", "v1", comment=f"say {number}"))
        store.count_report(["ip-not-allowed"], NOW.date())
        store.count_report(["address-not-allowed", "wrong-key"], NOW.date())
    root = Path(shutil.copytree(MARBLES, tmp_path / "marbles"))
    market = root / "exchanges/glassmarket.md"
    market.write_text(market.read_text().replace("order:", "aliases: [mirror-fair]\norder:", 1))
    output = insights("--content", str(root), "--data", str(tmp_path)).output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    votes = lines.index("0 2 /issues/address-not-allowed")
    assert lines[votes + 1 : votes + 3] == ["“say 1”", "“say 0”"]
    assert "0 1 /errors/glassmarket/-7007" in lines
    assert {"2 address-not-allowed", "1 wrong-key"} <= set(lines)


def test_the_state_of_the_content(tmp_path: Path) -> None:
    root = Path(shutil.copytree(MARBLES, tmp_path / "marbles"))
    draft = ["new", "issue", "Lost Marble", "--content", str(root)]
    assert CliRunner().invoke(main, draft).exit_code == 0
    page = root / "issues/market-closed.md"
    page.write_text(page.read_text().replace("\n---\n", f"\nverified: {NOW.date()}\n---\n", 1))
    other = root / "issues/wrong-key.md"
    other.write_text(other.read_text() + "\n<br>\n")
    (root / "questions").mkdir(exist_ok=True)
    (root / "questions/spare-marble.md").write_text(
        "---\ntitle: Where is my spare marble?\nanswer: Under the sofa.\n"
        "phrases: [spare marble]\nexamples: [my spare marble]\n---\n"
    )
    answer = insights("--content", str(root), "--data", str(tmp_path))
    assert answer.exit_code == 0
    drafts, _, rest = answer.output.partition("Not checked for 180 days\n")
    stale, _, findings = rest.partition("Findings\n")
    assert "issues/lost-marble.md" in drafts
    assert "issues/address-not-allowed.md" in stale
    assert "questions/spare-marble.md" in stale
    assert "market-closed" not in stale
    assert "lost-marble" not in stale
    assert re.search(r"issues/wrong-key.md:\d+: raw-html: ", findings)


def test_what_to_translate_begins_with_what_is_read_most(tmp_path: Path) -> None:
    content = Path(shutil.copytree(MARBLES, tmp_path / "content"))
    (content / "de").mkdir()
    fill(tmp_path / "data")
    answer = CliRunner().invoke(
        main, ["insights", "--content", str(content), "--data", str(tmp_path / "data")]
    )
    listed = answer.output.partition("To translate, most read first")[2].strip().splitlines()
    assert "issues/wrong-key.md" in listed[0]
    assert len(listed) > 5


def test_a_store_without_anything(tmp_path: Path) -> None:
    answer = insights("--data", str(tmp_path))
    assert answer.exit_code == 0
    assert answer.output.count("none") >= 3


@pytest.mark.parametrize("given", ["no-folder", "a-file", "corrupt", "no-server"])
def test_a_store_that_cannot_be_read_is_said_in_a_line(tmp_path: Path, given: str) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "corrupt").mkdir()
    (tmp_path / "corrupt" / "helpcenter.sqlite3").write_bytes(b"kettle" * 1000)
    if given == "no-server":
        answer = insights("--database-url", "postgresql://127.0.0.1:1/kettle")
    else:
        answer = insights("--data", str(tmp_path / given))
    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in answer.output
    if given in {"corrupt", "no-server"}:
        assert "the store can't be read" in answer.stderr
