"""The case of each finding, and what rules in shadow would have said."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows that are there get case 0. A process of the release before can still write: the new column has a default."""
    op.add_column("findings", sa.Column("rule_case", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "shadow_findings",
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
                "rule",
                "rule_version",
            )
        ),
        sa.Column("rule_case", sa.Integer, nullable=False),
        sa.Column("finding", sa.String, nullable=False),
        sa.Column("indicator", sa.String, nullable=False),
    )
    op.create_index("shadow_findings_answered_at", "shadow_findings", ["answered_at"])


def downgrade() -> None:
    """Remove what was added, with what it holds."""
    op.drop_table("shadow_findings")
    op.drop_column("findings", "rule_case")
