"""Both databases, all operations, while everything is well."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.feedback.records import (
    Comment,
    Kind,
    PageVotes,
    Reason,
    StoreUnavailableError,
    Unanswered,
    Week,
)
from app.feedback.store import Store
from tests.feedback.conftest import OpenStore
from tests.feedback.examples import LONG_AGO, NOON, a_vote, cast, secret_of, until

HOSTILE = "'; DROP TABLE vote; -- \0 \ud800 \N{HOT BEVERAGE} {{ 7*7 }} %s :name"


def text(
    words: str, created: datetime = NOON, kind: Kind = Kind.SEARCH, exchange: str | None = None
) -> Unanswered:
    return Unanswered(created, kind, words, "v1", exchange)


def test_a_vote_is_there_after_a_restart(url: str, open_store: OpenStore) -> None:
    first = open_store(url)
    cast(first, a_vote())
    first.close()
    assert open_store(url).votes_by_page(LONG_AGO) == [
        PageVotes("/issues/lost-teapot", helpful=1, unhelpful=0, reasons={}, comments=())
    ]


def test_a_visitor_has_one_vote_on_a_page_and_the_last_one_counts(store: Store) -> None:
    cast(store, a_vote(helpful=False))
    why = replace(
        a_vote(helpful=False), reason=Reason.HARD_TO_FOLLOW, comment="Which kettle?", created=NOON
    )
    cast(store, why)
    assert store.votes_by_page(LONG_AGO) == [
        PageVotes(
            "/issues/lost-teapot",
            helpful=0,
            unhelpful=1,
            reasons={Reason.HARD_TO_FOLLOW: 1},
            comments=(Comment(NOON, False, Reason.HARD_TO_FOLLOW, "Which kettle?", "v1"),),
        )
    ]
    cast(store, a_vote(helpful=True))
    (votes,) = store.votes_by_page(LONG_AGO)
    assert (votes.helpful, votes.unhelpful, votes.comments) == (1, 0, ())


def test_votes_of_others_and_on_other_pages_are_kept_apart(store: Store) -> None:
    cast(store, a_vote("visitor-1", "/issues/cold-tea"))
    cast(store, a_vote("visitor-1", "/issues/lost-teapot", helpful=False))
    cast(store, a_vote("visitor-2", "/issues/lost-teapot", helpful=False))
    cast(store, a_vote("visitor-3", "/issues/lost-teapot"))
    assert [(v.page, v.helpful, v.unhelpful) for v in store.votes_by_page(LONG_AGO)] == [
        ("/issues/lost-teapot", 1, 2),
        ("/issues/cold-tea", 1, 0),
    ]


def test_only_votes_since_a_moment_are_read_whatever_the_time_zone(store: Store) -> None:
    cast(store, a_vote())
    tea_time = timezone(timedelta(hours=5))
    assert len(store.votes_by_page(NOON.astimezone(tea_time))) == 1
    assert store.votes_by_page((NOON + timedelta(microseconds=1)).astimezone(tea_time)) == []


def test_comments_come_newest_first(store: Store) -> None:
    for minute, visitor in [(1, "a"), (3, "b"), (2, "c")]:
        created = NOON + timedelta(minutes=minute)
        cast(store, replace(a_vote(visitor), created=created, comment=f"minute {minute}"))
    (votes,) = store.votes_by_page(LONG_AGO)
    assert [comment.text for comment in votes.comments] == ["minute 3", "minute 2", "minute 1"]


def test_hostile_texts_are_stored_as_texts(store: Store) -> None:
    cast(store, replace(a_vote(), comment=HOSTILE * 50))
    (votes,) = store.votes_by_page(LONG_AGO)
    (comment,) = votes.comments
    assert len(comment.text) == 500
    assert comment.text.startswith("'; DROP TABLE vote; -- � ? \N{HOT BEVERAGE} {{")
    store.note_unanswered(text(HOSTILE))
    until(lambda: len(store.unanswered(LONG_AGO)) == 1)


@pytest.mark.parametrize(
    ("visitor", "page"), [("v", ""), ("v", "x" * 201), ("v", "/a\nb"), ("\ud800", "/a")]
)
def test_keys_that_nothing_has_are_refused(visitor: str, page: str) -> None:
    with pytest.raises(ValueError, match="printable characters"):
        a_vote(visitor, page)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        replace(a_vote(), created=naive)


def test_unanswered_texts_are_written_soon_and_come_newest_first(store: Store) -> None:
    store.note_unanswered(text("teapot whistles", NOON, Kind.DIAGNOSIS, "okx"))
    store.note_unanswered(text("kettle", NOON + timedelta(seconds=1)))
    store.note_unanswered(text("   "))
    until(lambda: store.status().waiting == 0)
    assert store.unanswered(LONG_AGO) == [
        text("kettle", NOON + timedelta(seconds=1)),
        text("teapot whistles", NOON, Kind.DIAGNOSIS, "okx"),
    ]
    assert store.unanswered(NOON + timedelta(seconds=1)) == [
        text("kettle", NOON + timedelta(seconds=1))
    ]


def test_unanswered_texts_are_written_before_closing(url: str, open_store: OpenStore) -> None:
    first = open_store(url)
    for number in range(700):
        first.note_unanswered(text(f"cup {number}"))
    first.close()
    assert len(open_store(url).unanswered(LONG_AGO)) == 700


def test_unanswered_texts_are_kept_for_90_days_to_the_microsecond(store: Store) -> None:
    limit = NOON - timedelta(days=90)
    store.note_unanswered(text("stays", limit))
    store.note_unanswered(text("goes", limit - timedelta(microseconds=1)))
    until(lambda: len(store.unanswered(LONG_AGO)) == 2)
    cast(store, replace(a_vote(), created=LONG_AGO))
    assert asyncio.run(store.purge(NOON)) == 1
    assert [row.text for row in store.unanswered(LONG_AGO)] == ["stays"]
    assert len(store.votes_by_page(LONG_AGO)) == 1


def on_disk(url: str) -> bytes:
    """Return every byte of the file, and of the files that SQLite keeps beside it."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_no_byte_of_a_purged_text_stays_on_the_disk(sqlite_url: str, open_store: OpenStore) -> None:
    store = open_store(sqlite_url)
    open_store(sqlite_url)  # another process has the file open too
    for number in range(500):
        store.note_unanswered(text(f"saffron {number} " * 20))
    store.note_unanswered(text("cardamom", NOON + timedelta(days=90)))
    until(lambda: store.status().waiting == 0)
    assert b"saffron" in on_disk(sqlite_url)
    assert asyncio.run(store.purge(NOON + timedelta(days=91))) == 500
    assert b"saffron" not in on_disk(sqlite_url)
    assert b"cardamom" in on_disk(sqlite_url)


def test_what_a_reader_held_up_is_erased_by_the_next_purge(
    sqlite_url: str,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("app.feedback.database.WAIT_SECONDS", 0.1)
    store = open_store(sqlite_url)
    store.note_unanswered(text("saffron"))
    until(lambda: store.status().waiting == 0)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM unanswered").fetchall()
        assert asyncio.run(store.purge(NOON + timedelta(days=91))) == 1
        assert "stay in the log of the store until the next purge" in caplog.text
        assert store.status().ok
    assert asyncio.run(store.purge(NOON + timedelta(days=91))) == 0
    assert b"saffron" not in on_disk(sqlite_url)


def test_of_too_many_unanswered_texts_the_oldest_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.feedback.writer.MOST_UNANSWERED", 5)
    for number in range(3):
        store.note_unanswered(text(f"cup {number}"))
    until(lambda: len(store.unanswered(LONG_AGO)) == 3)
    for number in range(3, 20):
        store.note_unanswered(text(f"cup {number}"))
    until(lambda: store.status().waiting == 0)
    monkeypatch.undo()
    kept = [row.text for row in store.unanswered(LONG_AGO)]
    assert kept == [f"cup {number}" for number in range(19, 14, -1)]


def test_reports_are_counted_by_issue_and_day(url: str, open_store: OpenStore) -> None:
    # Two replicas add to the same numbers.
    stores = [open_store(url), open_store(url)]
    for store in stores:
        for issues in [["cold-tea", "lost-teapot"], ["lost-teapot"], []]:
            store.count_report(issues, date(2031, 5, 14))
        store.count_report(["cold-tea"], date(2031, 5, 13))
    expected = [("cold-tea", 4), ("lost-teapot", 4)]
    until(lambda: stores[0].reports_by_issue(date(2031, 1, 1)) == expected)
    assert stores[0].reports_by_issue(date(2031, 5, 14)) == [("lost-teapot", 4), ("cold-tea", 2)]


def test_weeks_are_complete_and_begin_on_monday_in_utc(store: Store) -> None:
    monday = datetime(2031, 5, 12, tzinfo=UTC)
    last_moment = monday - timedelta(microseconds=1)
    cast(store, replace(a_vote("a"), created=monday))
    cast(store, replace(a_vote("b"), created=last_moment))
    # Still Sunday here, already Monday in UTC.
    west = monday.astimezone(timezone(timedelta(hours=-8)))
    cast(store, replace(a_vote("c", helpful=False), created=west))
    store.note_unanswered(text("kettle", last_moment - timedelta(days=7)))
    # A report counts once, however many issues led to it.
    store.count_report(["cold-tea", "lost-teapot"], date(2031, 5, 18))
    store.count_report(["cold-tea"], date(2031, 5, 19))
    counted = [("cold-tea", 2), ("lost-teapot", 1)]
    until(lambda: store.reports_by_issue(date(2031, 1, 1)) == counted)
    assert store.weekly_totals(date(2031, 5, 1), date(2031, 5, 14)) == [
        Week(date(2031, 4, 28), helpful=0, unhelpful=0, unanswered=1, reports=0),
        Week(date(2031, 5, 5), helpful=1, unhelpful=0, unanswered=0, reports=0),
        Week(date(2031, 5, 12), helpful=1, unhelpful=1, unanswered=0, reports=1),
    ]


def test_the_secret_of_a_day_is_shared_and_forgotten(url: str, open_store: OpenStore) -> None:
    first, other = open_store(url), open_store(url)
    today, tomorrow, later = date(2031, 5, 14), date(2031, 5, 15), date(2031, 5, 16)
    secret = secret_of(first, today)
    assert len(secret) == 32
    assert secret_of(other, today) == secret_of(first, today) == secret
    assert secret_of(first, tomorrow) != secret
    assert secret_of(open_store(url), today) == secret
    secret_of(first, later)
    assert secret_of(open_store(url), today) != secret


def test_many_votes_at_once_from_async_code(store: Store) -> None:
    async def storm() -> None:
        votes = [a_vote(f"visitor-{number % 150}") for number in range(300)]
        await asyncio.gather(*map(store.vote, votes))

    asyncio.run(storm())
    (votes,) = store.votes_by_page(LONG_AGO)
    assert votes.helpful == 150


def test_more_calls_than_can_wait_are_refused_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.feedback.store.MOST_WAITING", 10)

    async def storm() -> list[BaseException | None]:
        calls = (store.vote(a_vote(f"visitor-{n}")) for n in range(15))
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(storm())
    refused = [result for result in results if isinstance(result, StoreUnavailableError)]
    assert [str(error) for error in refused] == ["too many calls at once"] * 5
    assert store.votes_by_page(LONG_AGO)[0].helpful == 10
    assert store.status().ok


def test_a_closed_store_refuses(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        cast(store, a_vote())


@pytest.mark.parametrize(
    "url", ["mysql://tea:darjeeling@pot/cup", "sqlite://", "sqlite:///:memory:", "darjeeling", ""]
)
def test_another_kind_of_database_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="the database URL must be like") as caught:
        Store.open(url)
    assert "darjeeling" not in str(caught.value)


def modes(folder: Path) -> dict[str, int]:
    """Return what may be done with each file of a folder, and by whom."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_the_files_are_their_owners_alone(
    sqlite_url: str, open_store: OpenStore, umask: int
) -> None:
    before = os.umask(umask)
    try:
        cast(open_store(sqlite_url), a_vote())
    finally:
        os.umask(before)
    assert modes(Path(sqlite_url.removeprefix("sqlite:///")).parent) == {
        "feedback.db": 0o600,
        "feedback.db-wal": 0o600,
        "feedback.db-shm": 0o600,
    }


def test_files_that_others_could_read_are_shut_to_them(
    sqlite_url: str, open_store: OpenStore
) -> None:
    """Those of an earlier version are; what the group may is somebody's decision."""
    cast(open_store(sqlite_url), a_vote())
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    for path in folder.iterdir():
        path.chmod(0o664)
    assert open_store(sqlite_url).status().ok
    assert set(modes(folder).values()) == {0o660}


def test_status_of_a_well_store(store: Store) -> None:
    assert str(store.status()) == "ok"
    assert store.status().ok
