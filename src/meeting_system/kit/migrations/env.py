"""Alembic's environment: runs in the connection and transaction that `migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="migration",
    version_table_schema="kit",
)
with context.begin_transaction():
    context.run_migrations()
