"""Who calls: a token in, the client of the site file out, or why not (S-5 to S-17; the order is that of S-11)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from cds.chart.route import channel
from cds.clock import UnixNow, unix_now
from cds.errors import StartError
from cds.language.site import Site
from cds.language.site_client import Client
from cds.web.bearer import Token, check_header, read_token
from cds.web.claims import check_claims, issuer_of
from cds.web.denial import DeniedError, ReplayUnknownError, TooManyError, Why
from cds.web.key_cache import KeyCache, Keys, KeysOfFile
from cds.web.key_fetch import fetch_key_set, key_route
from cds.web.key_set import ALGORITHMS, KeySet, KeySetError, read_key_set
from cds.web.log import log
from cds.web.rate import Bucket
from cds.web.replay import Replays, Seen, Shared

_SIGNATURES = PyJWS(list(ALGORITHMS), {"verify_signature": True, "enforce_minimum_key_length": True})

Count = Callable[[str, str], None]
"""Counts an event for the metrics: what it is, and a closed word or the name of a client."""


def uncounted(_: str, __: str) -> None:
    """Counts nothing."""


class Callers:
    """The clients of a site file, each with its keys and its rate. Safe to share by threads, and made before a fork.

    Args:
        clients: each by the issuer of its tokens.
        keys: of each issuer.
        replays: tells whether a token was used before.
        refuse_unshared: refuse what no other process can be asked about.
        now: tells the present moment.
        count: counts events.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        keys: Mapping[str, Keys],
        replays: Replays,
        refuse_unshared: bool = False,
        now: UnixNow = unix_now,
        count: Count = uncounted,
    ) -> None:
        self.count = count
        self._clients = clients
        self._keys = keys
        self._rates = {
            issuer: Bucket(each.access.per_second, each.access.per_second) for issuer, each in clients.items()
        }
        self._replays = replays
        self._refuse_unshared = refuse_unshared
        self._now = now

    @property
    def origins(self) -> frozenset[str]:
        """The origins of all clients' browsers."""
        return frozenset(origin for each in self._clients.values() for origin in each.access.origins)

    def warm(self) -> None:
        """Begin to fetch keys."""
        for each in self._keys.values():
            each.warm()

    def authenticate(self, authorization: str | None, audiences: Collection[str]) -> Client:
        """The client that calls.

        Args:
            authorization: the header of that name.
            audiences: what ``aud`` may say for the address that was called.

        Raises:
            DeniedError: when it is none, or not certainly one.
            TooManyError: when it calls too fast.
            ReplayUnknownError: when it cannot be told whether the token was used before, and that must be certain.
        """
        token = read_token(authorization)
        issuer = issuer_of(token.claims)
        client = self._clients.get(issuer)
        if client is None:
            raise DeniedError(Why.ISSUER)
        try:
            key_id, algorithm = check_header(token.header, client.access)
            use = check_claims(token.claims, client.access, audiences, self._now())
            self._check_signature(token, self._keys[issuer], key_id, algorithm)
        except DeniedError as error:
            raise DeniedError(error.why, client.name) from None
        rate = self._rates[issuer]
        if not rate.take():  # by the client itself: before this point anybody may have called
            raise TooManyError(client.name, rate.wait_s())
        seen = self._replays.look(issuer, use.id, use.until)
        if seen is Seen.BEFORE:
            raise DeniedError(Why.REPLAY, client.name)
        if seen is Seen.UNKNOWN and self._refuse_unshared:
            raise ReplayUnknownError(client.name)
        return client

    def _check_signature(self, token: Token, keys: Keys, key_id: str, algorithm: str) -> None:
        key = keys.find(key_id, algorithm)
        try:
            _SIGNATURES.decode_complete(token.compact, key.public, [key.algorithm])
        except PyJWTError:
            raise DeniedError(Why.SIGNATURE) from None


def callers_of(site: Site, shared: Shared | None = None, count: Count = uncounted) -> Callers:
    """The callers that a site file names.

    Args:
        site: with whole paths of its files.
        shared: which tokens were used, for all processes; None, and each process knows only its own.
        count: counts events.

    Raises:
        StartError: naming every key file that cannot be used.
    """
    problems: list[str] = []
    keys = {each.issuer: _keys(each, count, problems) for each in site.clients}
    if problems:
        raise StartError("\n".join(problems))

    def unshared() -> None:
        count("replay_unshared", "")

    clients = {each.issuer: each for each in site.clients}
    return Callers(clients, keys, Replays(shared, unshared), site.refuse_unshared_replay, count=count)


def _keys(client: Client, count: Count, problems: list[str]) -> Keys:
    if client.access.jwks_file:
        return _keys_of_file(client, problems)

    route = key_route(client)
    try:
        channel(route)
    except StartError as error:
        problems.append(str(error))

    def report(what: str) -> None:
        count("key_set_trouble", client.name)
        log("key set", logging.WARNING, client=client.name, trouble=what)

    return KeyCache(partial(fetch_key_set, client.access.jwks_url, route), report)


def _keys_of_file(client: Client, problems: list[str]) -> KeysOfFile:
    """Keys of a file. What cannot be used there is an error: somebody is there to mend it."""
    path = Path(client.access.jwks_file)
    called = f"client {client.name}: jwks_file {path.name}"
    try:
        keys = read_key_set(path.read_bytes())
    except OSError as error:
        problems.append(f"{called} cannot be read: {error.strerror}")
    except KeySetError as error:
        problems.append(f"{called}: {error}")
    else:
        problems.extend(f"{called}: {each}" for each in keys.dropped)
        if not keys.keys and not keys.dropped:
            problems.append(f"{called} has no key")
        return KeysOfFile(keys)
    return KeysOfFile(KeySet(()))
