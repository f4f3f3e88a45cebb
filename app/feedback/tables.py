"""The tables, as SQLAlchemy sees them; `migrations/` makes them, and a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from app.feedback.records import LONGEST_KEY, LONGEST_TEXT


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC. SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the driver UTC; raise `ValueError` when it can't be known."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a time with a time zone is needed")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# SQLite numbers rows by itself only in a column of exactly this type.
RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
)

vote = Table(
    "vote",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("created", UtcDateTime, nullable=False),
    Column("page", String(LONGEST_KEY), nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("reason", String(40)),
    Column("comment", String(LONGEST_TEXT)),
    Column("visitor", String(LONGEST_KEY), nullable=False),
    Column("content_version", String(LONGEST_KEY), nullable=False),
    UniqueConstraint("visitor", "page", name="uq_vote_visitor_page"),
    Index(None, "created"),
)

unanswered = Table(
    "unanswered",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("created", UtcDateTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", String(LONGEST_TEXT), nullable=False),
    Column("exchange", String(LONGEST_KEY)),
    Column("content_version", String(LONGEST_KEY), nullable=False),
    Index(None, "created"),
)

report = Table(
    "report",
    metadata,
    Column("issue", String(LONGEST_KEY), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", Integer, nullable=False),
    Index(None, "day"),
)

salt = Table(
    "salt",
    metadata,
    Column("day", Date, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# One row: what is known of the exchanges, and which process asks them.
exchange_status = Table(
    "exchange_status",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(40), nullable=False),
    Column("renewed", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
)

# Written to and emptied again to find out whether writing works; always empty.
probe = Table("probe", metadata, Column("at", UtcDateTime, nullable=False))
