"""A bearer token as it came: its form, its header, its claims, before any key is looked at (S-5, S-8, S-16)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.language.site_client import Access
from cds.web.denial import DeniedError, Why
from cds.web.key_set import ALGORITHMS
from cds.web.strict_json import NamedTwiceError, StrictJsonError, read_object

LONGEST = 8192
"""Characters of the whole ``Authorization`` header."""
LONGEST_KEY_ID = 255

# Of several Authorization headers the server makes one, joined by commas, which no token has.
_SHAPE = re.compile(r"bearer +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was taken apart; nothing of it is proved.

    Attributes:
        compact: the token itself, for the signature only. It goes into no log, no table and no message (S-14).
    """

    compact: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)


def read_token(authorization: str | None) -> Token:
    """The token of an ``Authorization`` header.

    Raises:
        DeniedError: when there is none, or it is not one JSON Web Signature in compact form.
    """
    if not authorization:
        raise DeniedError(Why.NO_TOKEN)
    if len(authorization) > LONGEST:
        raise DeniedError(Why.TOO_LONG)
    found = _SHAPE.fullmatch(authorization)
    if found is None:
        raise DeniedError(Why.MALFORMED)
    header, claims, signature = found.groups()
    _decoded(signature)
    return Token(".".join(found.groups()), _object(header), _object(claims))


def check_header(header: Mapping[str, Any], access: Access) -> tuple[str, str]:
    """The key id (empty for none) and the algorithm that a header names.

    ``jwk``, ``x5u``, ``x5c`` and ``x5t`` are never looked at. ``jku`` is not either, but must be the address that the
    site file has for this issuer, where it has one (S-10).

    Raises:
        DeniedError: when the header asks for anything that this service does not do.
    """
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise DeniedError(Why.ALGORITHM)
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise DeniedError(Why.TYPE)
    if "crit" in header or header.get("b64", True) is not True:
        raise DeniedError(Why.CRITICAL)
    if access.jwks_url and header.get("jku", access.jwks_url) != access.jwks_url:
        raise DeniedError(Why.KEY_ADDRESS)
    key_id = header.get("kid", "")
    if not isinstance(key_id, str) or len(key_id) > LONGEST_KEY_ID or ("kid" in header and not key_id):
        raise DeniedError(Why.KEY_ID)
    return key_id, algorithm


def _object(part: str) -> dict[str, Any]:
    try:
        return read_object(_decoded(part))
    except NamedTwiceError:
        raise DeniedError(Why.NAMED_TWICE) from None
    except StrictJsonError:
        raise DeniedError(Why.MALFORMED) from None


def _decoded(part: str) -> bytes:
    """Base64url without padding, in the one way in which these bytes can be written."""
    try:
        found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except Base64Error:
        raise DeniedError(Why.MALFORMED) from None
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise DeniedError(Why.MALFORMED)
    return found
