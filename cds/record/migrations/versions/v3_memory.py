"""Findings that need not be shown again."""

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the memory."""
    op.create_table(
        "memory",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_index("memory_expires_at", "memory", ["expires_at"])
    op.create_table(
        "memory_pending",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_index("memory_pending_expires_at", "memory_pending", ["expires_at"])


def downgrade() -> None:
    """Remove them with what they hold."""
    for name in ("memory_pending", "memory"):
        op.drop_table(name)
