"""What a token claims, compared with the site file and the clock (S-6, S-7, S-11, S-15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cds.language.site_client import Access
from cds.web.denial import DeniedError, Why

LEEWAY_S = 60
"""How far the clocks of two computers may be apart."""
LONGEST_LIFE_S = 3600
"""From ``iat`` to ``exp``: until then the service must remember that it saw the token."""
LONGEST_ID = 255
_LATEST = float(1 << 40)  # in 36,000 years: beyond it a number is no moment, and may be none that can be subtracted


@dataclass(frozen=True, slots=True)
class Use:
    """The one use of a token: its ``jti``, and until when it must be remembered (seconds since 1970)."""

    id: str
    until: float


def issuer_of(claims: Mapping[str, Any]) -> str:
    """The ``iss`` of a token.

    Raises:
        DeniedError: when it is no text.
    """
    found = claims.get("iss")
    if not isinstance(found, str) or not found:
        raise DeniedError(Why.CLAIM)
    return found


def check_claims(claims: Mapping[str, Any], access: Access, audiences: Collection[str], now: float) -> Use:
    """Check everything that a token claims but its issuer.

    Args:
        claims: of the token.
        access: of the client whose issuer it names.
        audiences: the address that was called, as the site file's ``public_url`` has it.
        now: seconds since 1970.

    Raises:
        DeniedError: at the first claim that does not hold.
    """
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    use = claims.get("jti")
    if not isinstance(use, str) or not 0 < len(use) <= LONGEST_ID or not use.isprintable():
        raise DeniedError(Why.CLAIM)
    if not _audiences(claims) & {*audiences, *access.audiences}:
        raise DeniedError(Why.AUDIENCE)
    if now >= expires + LEEWAY_S:
        raise DeniedError(Why.EXPIRED)
    not_before = _moment(claims, "nbf") if "nbf" in claims else issued
    if max(issued, not_before) > now + LEEWAY_S:
        raise DeniedError(Why.TOO_EARLY)
    if not 0 < expires - issued <= LONGEST_LIFE_S:
        raise DeniedError(Why.LIFETIME)
    if access.tenants:
        tenant = claims.get("tenant")
        if not isinstance(tenant, str) or tenant not in access.tenants:
            raise DeniedError(Why.TENANT)
    return Use(use, expires + LEEWAY_S)


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate. Python counts a truth value among the numbers; a token does not."""
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _LATEST:
        raise DeniedError(Why.CLAIM)
    return float(found)


def _audiences(claims: Mapping[str, Any]) -> set[str]:
    """``aud``: one text, or a list of them."""
    found = claims.get("aud")
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise DeniedError(Why.CLAIM)
    return set(listed)
