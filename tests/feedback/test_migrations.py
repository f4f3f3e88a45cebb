"""How a new or an older database gets the tables of this version."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.feedback import tables
from app.feedback.database import MIGRATIONS, NEWEST, Database, migrate
from app.feedback.failures import NEWER
from app.feedback.records import StoreUnavailableError
from tests.feedback.conftest import OpenStore
from tests.feedback.examples import LONG_AGO, a_vote, cast
from tests.feedback.test_failures import Program, program

STEAM = f'''
"""For the test: how hot the tea was; the page of each vote in capitals."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{NEWEST}"


def upgrade() -> None:
    op.add_column("vote", sa.Column("degrees", sa.Integer, nullable=False, server_default="90"))
    op.execute("UPDATE vote SET page = upper(page)")
'''
BROKEN = STEAM + '    op.execute("UPDATE no_such_table SET page = 1")\n'


def with_a_step(folder: Path, step: str) -> Path:
    """Return a copy of the migrations with another step at the end."""
    copy = shutil.copytree(MIGRATIONS, folder / "100% migrations")
    (copy / "versions" / "v9000_steam.py").write_text(step)
    return copy


def test_the_migrations_make_exactly_the_tables(url: str, open_store: OpenStore) -> None:
    assert open_store(url).status().ok
    database = Database(url)
    with database.begin(write=False) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    database.close()


def test_the_newest_step_is_the_last_one() -> None:
    """A start looks for its name alone, and takes no step where it stands in the database."""
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == NEWEST


def test_a_step_writes_one_line_to_the_log_and_a_start_without_a_step_none(
    url: str, open_store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        open_store(url).close()
        assert caplog.messages == [f"the tables of the store went from revision none to {NEWEST}"]
        caplog.clear()
        open_store(url).close()
        assert caplog.messages == []


def test_an_older_database_is_brought_up_to_date_with_its_data(
    url: str, open_store: OpenStore, tmp_path: Path
) -> None:
    store = open_store(url)
    cast(store, a_vote())
    database = Database(url)
    with database.begin(write=True) as connection:
        migrate(connection, folder=with_a_step(tmp_path, STEAM))
    with database.begin(write=False) as connection:
        votes = connection.execute(text("SELECT page, degrees FROM vote")).all()
    database.close()
    assert votes == [("/ISSUES/LOST-TEAPOT", 90)]


def test_a_step_that_fails_changes_nothing(url: str, open_store: OpenStore, tmp_path: Path) -> None:
    store = open_store(url)
    cast(store, a_vote())
    database = Database(url)
    with (
        pytest.raises(Exception, match="no_such_table"),
        database.begin(write=True) as connection,
    ):
        migrate(connection, folder=with_a_step(tmp_path, BROKEN))
    with database.begin(write=False) as connection:
        columns = inspect(connection).get_columns("vote")
        assert "degrees" not in {column["name"] for column in columns}
        version = connection.execute(text("SELECT version_num FROM alembic_version"))
        assert version.scalar_one() == NEWEST
    database.close()
    assert store.votes_by_page(LONG_AGO)[0].page == "/issues/lost-teapot"
    cast(store, a_vote("visitor-2"))


def test_a_database_of_a_newer_version_is_left_alone(
    url: str, open_store: OpenStore, tmp_path: Path
) -> None:
    open_store(url).close()
    database = Database(url)
    with database.begin(write=True) as connection:
        migrate(connection, folder=with_a_step(tmp_path, STEAM))
    database.close()
    store = open_store(url)
    with pytest.raises(StoreUnavailableError, match=NEWER):
        cast(store, a_vote())
    assert str(store.status()) == f"degraded: {NEWER}"


@pytest.mark.slow
def test_replicas_that_start_together_make_the_tables_once(url: str) -> None:
    replicas: list[Program] = []

    def check(replica: Program, number: int) -> None:
        statuses[number] = replica.status()

    statuses: dict[int, str] = {}
    with program(url) as first, program(url) as second, program(url) as third:
        replicas += [first, second, third]
        threads = [
            threading.Thread(target=check, args=(replica, number))
            for number, replica in enumerate(replicas)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == {0: "ok", 1: "ok", 2: "ok"}
        for number, replica in enumerate(replicas):
            assert replica.ask(f"vote {number} 1")[0] == f"acknowledged visitor-{number}"
        assert first.ask("votes")[0] == "votes 3"
        assert [replica.end() for replica in replicas] == [0, 0, 0]
