"""Why a caller is not let in: a closed word for the log and the counters, never for the caller (S-12)."""

from __future__ import annotations

from enum import StrEnum

from cds.errors import CdsError


class Why(StrEnum):
    """The reasons, in the order in which they are looked for."""

    NO_TOKEN = "no-token"  # noqa: S105 - no password
    MALFORMED = "malformed"
    TOO_LONG = "too-long"
    NAMED_TWICE = "named-twice"
    ISSUER = "issuer"
    ALGORITHM = "algorithm"
    TYPE = "type"
    CRITICAL = "critical-header"
    KEY_ADDRESS = "key-address"
    KEY_ID = "key-id"
    CLAIM = "claim"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    TOO_EARLY = "too-early"
    LIFETIME = "lifetime"
    TENANT = "tenant"
    NO_KEYS = "no-keys"
    UNKNOWN_KEY = "unknown-key"
    SIGNATURE = "signature"
    REPLAY = "replay"


class DeniedError(CdsError):
    """A caller that is not let in: 401 without a reason.

    Args:
        why: for the log.
        client: name of the client of the site file whose issuer the token names; empty when it names none of them.
    """

    def __init__(self, why: Why, client: str = "") -> None:
        super().__init__(str(why))
        self.why = why
        self.client = client


class TooManyError(CdsError):
    """A client that calls faster than the site file allows: 429."""

    def __init__(self, client: str, retry_after_s: int) -> None:
        super().__init__(f"{client} calls too fast")
        self.client = client
        self.retry_after_s = retry_after_s


class ReplayUnknownError(CdsError):
    """Nobody can tell whether the token was used in another process, and the site wants to be sure: 503."""

    def __init__(self, client: str) -> None:
        super().__init__(f"a token of {client} cannot be looked up")
        self.client = client
