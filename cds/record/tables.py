"""The tables. There is no foreign key: feedback may come before its card is written, or for a card of another host."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table

HEAD = "3"
"""The revision of the tables below, which is the newest one in ``migrations/versions``."""

METADATA = MetaData()
_ID = String(64)
_MOMENT = String(27)

CARDS = Table(
    "cards",
    METADATA,
    Column("uuid", _ID, primary_key=True),
    Column("answered_at", _MOMENT, nullable=False),
    Column("hook", String, nullable=False),
    Column("service", String, nullable=False),
    Column("client", String, nullable=False),
    Column("pack", String, nullable=False),
    Column("pack_version", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("indicator", String, nullable=False),
    Index("cards_answered_at", "answered_at"),
)
FINDINGS = Table(
    "findings",
    METADATA,
    Column("card", _ID, primary_key=True),
    Column("finding", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("rule_version", String, nullable=False),
    Column("indicator", String, nullable=False),
    # 0 where no case of one rule was meant, or the row is older than this column
    Column("rule_case", Integer, nullable=False, server_default="0"),
)
# What rules in shadow would have said, or could not check (then finding and indicator are empty). No card shows it.
SHADOW_FINDINGS = Table(
    "shadow_findings",
    METADATA,
    Column("uuid", _ID, primary_key=True),
    Column("answered_at", _MOMENT, nullable=False),
    Column("hook", String, nullable=False),
    Column("service", String, nullable=False),
    Column("client", String, nullable=False),
    Column("pack", String, nullable=False),
    Column("pack_version", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("rule_version", String, nullable=False),
    Column("rule_case", Integer, nullable=False),
    Column("finding", String, nullable=False),
    Column("indicator", String, nullable=False),
    Index("shadow_findings_answered_at", "answered_at"),
)
SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    Column("card", _ID, primary_key=True),
    Column("uuid", _ID, primary_key=True),
    Column("name", String, nullable=False),
)
# The key is what makes a repeated item one row; a reason that is not there is empty and not null, since nulls differ.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("card", _ID, primary_key=True),
    Column("outcome", String(10), primary_key=True),
    Column("outcome_at", _MOMENT, primary_key=True),
    Column("reason_system", String, primary_key=True),
    Column("reason_code", String, primary_key=True),
    Column("has_comment", Boolean, nullable=False),
    Column("received_at", _MOMENT, nullable=False),
    Index("feedback_received_at", "received_at"),
)
ACCEPTED_SUGGESTIONS = Table(
    "accepted_suggestions",
    METADATA,
    Column("card", _ID, primary_key=True),
    Column("outcome_at", _MOMENT, primary_key=True),
    Column("suggestion", _ID, primary_key=True),
)
# Keyed hashes that stand for a patient and a finding: pseudonymous patient data (docs/feedback.md, Memory).
MEMORY = Table(
    "memory",
    METADATA,
    Column("key", _ID, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
    Index("memory_expires_at", "expires_at"),
)
# What is remembered once the card is overridden.
MEMORY_PENDING = Table(
    "memory_pending",
    METADATA,
    Column("card", _ID, primary_key=True),
    Column("key", _ID, primary_key=True),
    Column("expires_at", _MOMENT, nullable=False),
    Index("memory_pending_expires_at", "expires_at"),
)
