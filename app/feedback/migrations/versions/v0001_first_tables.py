"""Votes, unanswered texts, report counts, daily salts, and the probe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Written out and not taken from `app.feedback.tables`: a step that has run somewhere never changes.
_row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "vote",
        sa.Column("id", _row_id, nullable=False),
        sa.Column("created", _moment, nullable=False),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("comment", sa.String(500)),
        sa.Column("visitor", sa.String(200), nullable=False),
        sa.Column("content_version", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sa.UniqueConstraint("visitor", "page", name="uq_vote_visitor_page"),
    )
    op.create_index("ix_vote_created", "vote", ["created"])
    op.create_table(
        "unanswered",
        sa.Column("id", _row_id, nullable=False),
        sa.Column("created", _moment, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("exchange", sa.String(200)),
        sa.Column("content_version", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unanswered"),
    )
    op.create_index("ix_unanswered_created", "unanswered", ["created"])
    op.create_table(
        "report",
        sa.Column("issue", sa.String(200), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("issue", "day", name="pk_report"),
    )
    op.create_index("ix_report_day", "report", ["day"])
    op.create_table(
        "salt",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_salt"),
    )
    op.create_table("probe", sa.Column("at", _moment, nullable=False))
