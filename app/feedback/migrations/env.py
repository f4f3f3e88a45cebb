"""Run by alembic, on the connection that `app.feedback.database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from app.feedback.tables import metadata

# The connection is in a transaction already, which holds the lock against other replicas and ends
# with all steps or none.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
