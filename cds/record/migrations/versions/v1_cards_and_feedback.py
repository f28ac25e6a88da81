"""Cards that were shown, and the feedback to them."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "cards",
        sa.Column("uuid", sa.String(64), primary_key=True),
        sa.Column("answered_at", sa.String(27), nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in (
                "hook",
                "service",
                "client",
                "pack",
                "pack_version",
                "content_hash",
                "profile",
                "topic",
                "indicator",
            )
        ),
    )
    op.create_index("cards_answered_at", "cards", ["answered_at"])
    op.create_table(
        "findings",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("finding", sa.String, primary_key=True),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("rule_version", sa.String, nullable=False),
        sa.Column("indicator", sa.String, nullable=False),
    )
    op.create_table(
        "suggestions",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("uuid", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("outcome", sa.String(10), primary_key=True),
        sa.Column("outcome_at", sa.String(27), primary_key=True),
        sa.Column("reason_system", sa.String, primary_key=True),
        sa.Column("reason_code", sa.String, primary_key=True),
        sa.Column("has_comment", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
    )
    op.create_index("feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "accepted_suggestions",
        sa.Column("card", sa.String(64), primary_key=True),
        sa.Column("outcome_at", sa.String(27), primary_key=True),
        sa.Column("suggestion", sa.String(64), primary_key=True),
    )


def downgrade() -> None:
    """Remove the first tables with what they hold."""
    for name in ("accepted_suggestions", "feedback", "suggestions", "findings", "cards"):
        op.drop_table(name)
