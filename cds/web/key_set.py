"""A JSON Web Key Set: the keys of it that may check a signature, and what is wrong with the others (S-8, S-9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from cds.errors import CdsError
from cds.web.strict_json import StrictJsonError, read_object

ALGORITHMS = {"ES384": "EC", "RS384": "RSA"}
"""The two that CDS Hooks recommends. Each kind of key is for one of them, so a token has nothing to choose."""
MOST_KEYS = 50
LEAST_RSA_BITS = 2048
# Checking a signature takes 16 times as long with every fourfold length of the key.
MOST_RSA_BITS = 8192

_ALGORITHM_OF = {kind: algorithm for algorithm, kind in ALGORITHMS.items()}
_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


class KeySetError(CdsError):
    """What was to be a key set is none."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; ``id`` is empty where it has none."""

    id: str
    algorithm: str
    public: PyJWK


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys that can be used, and for each of the others its number in the set and what is wrong."""

    keys: tuple[Key, ...]
    dropped: tuple[str, ...] = ()

    def find(self, key_id: str, algorithm: str) -> Key | None:
        """The key of a token. One key alone need have no id, and need not be named."""
        if len(self.keys) == 1 and (not key_id or not self.keys[0].id):
            only = self.keys[0]
            return only if only.algorithm == algorithm else None
        return next((each for each in self.keys if key_id and (each.id, each.algorithm) == (key_id, algorithm)), None)


def read_key_set(content: bytes) -> KeySet:
    """Read a key set; all of its work is done here, so that none is left for a call.

    Raises:
        KeySetError: when it is no key set, or has too many keys.
    """
    try:
        listed = read_object(content).get("keys")
    except StrictJsonError as error:
        raise KeySetError(f"it is no JSON Web Key Set: {error}") from None
    if not isinstance(listed, list):
        raise KeySetError("it is no JSON Web Key Set: it has no list called keys")
    if len(listed) > MOST_KEYS:
        raise KeySetError(f"it has more than {MOST_KEYS} keys")
    found: dict[tuple[str, str], Key] = {}
    dropped = []
    for number, body in enumerate(listed, 1):
        key = _key(body)
        if isinstance(key, str):
            dropped.append(f"key {number}: {key}")
        elif (key.id, key.algorithm) in found:
            dropped.append(f"key {number}: has the kid of a key before it")
        else:
            found[key.id, key.algorithm] = key
    return KeySet(tuple(found.values()), tuple(dropped))


def _key(body: object) -> Key | str:
    """A key, or why it is not used."""
    if not isinstance(body, dict):
        return "is no object"
    trouble = _trouble(body)
    if trouble:
        return trouble
    algorithm = _ALGORITHM_OF[body["kty"]]
    public = _public(body, algorithm)
    if public is None:
        return "cannot be read"
    if algorithm == "RS384" and not LEAST_RSA_BITS <= public.key.key_size <= MOST_RSA_BITS:
        return f"has not {LEAST_RSA_BITS} to {MOST_RSA_BITS} bits"
    return Key(body.get("kid", ""), algorithm, public)


def _trouble(body: Mapping[str, Any]) -> str:
    """What the members say against a key; empty for nothing."""
    kind = body.get("kty")
    if kind not in ("EC", "RSA"):
        return "is neither of the kind EC nor RSA"
    algorithm = _ALGORITHM_OF[kind]
    found = (
        (
            any(name in body for name in _PRIVATE),
            "is a private key, which somebody else may have read by now",
        ),
        (
            body.get("alg", algorithm) != algorithm or body.get("use", "sig") != "sig" or not _may_verify(body),
            f"is not for signatures by {algorithm}",
        ),
        (kind == "EC" and body.get("crv") != "P-384", "is not on the curve P-384"),
        (not isinstance(body.get("kid", ""), str), "has a kid that is no text"),
    )
    return next((trouble for holds, trouble in found if holds), "")


def _may_verify(body: Mapping[str, Any]) -> bool:
    operations = body.get("key_ops", ["verify"])
    return isinstance(operations, list) and "verify" in operations


def _public(body: Mapping[str, Any], algorithm: str) -> PyJWK | None:
    """Only the members that make the key are handed to the library."""
    kind = ALGORITHMS[algorithm]
    members = {name: body.get(name) for name in _MEMBERS[kind]}
    if not all(isinstance(each, str) and each.isascii() for each in members.values()):
        return None
    try:
        return PyJWK({"kty": kind, **members}, algorithm)
    except (PyJWTError, ValueError):
        return None
