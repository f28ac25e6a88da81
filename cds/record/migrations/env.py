"""Run by Alembic for every upgrade, on the connection and inside the transaction that it was given."""

from alembic import context

from cds.record.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
