"""Attacks that bring or name a key.

Each is refused by the real server with a bare 401, in a set-up in which a good token passes.
"""

import pytest
from access_parties import ec_key, es, jwk_of
from access_site import AUD, NEIGHBOUR

# ------------------------------------------------------------------------- key injection


def injected(ehr, **header):
    """A token signed by an attacker's key, which the header brings along."""
    stranger = ec_key()
    named = {name: value(stranger) if callable(value) else value for name, value in header.items()}
    return ehr.whole(ehr.header(**named), ehr.claims(AUD), lambda signed: es(stranger, signed))


def test_a_key_in_the_header(service, ehr):
    """S-16: jwk is not looked at, even with the id of a known key."""
    service.refused("signature", injected(ehr, jwk=lambda key: jwk_of(key, "es-1")))
    service.refused("unknown-key", injected(ehr, kid="mine", jwk=lambda key: jwk_of(key, "mine")))


def test_a_foreign_key_address(service, hospital, ehr):
    """S-10: a jku other than the configured one is refused before anything is fetched, from there or elsewhere."""
    stranger = ec_key()
    evil = hospital.keys.publish("/evil", jwk_of(stranger, "es-1"))
    for jku in (evil, hospital.url + "?", hospital.url + "/", hospital.url.upper(), "file:///etc/passwd", 7, [], None):
        token = ehr.whole({**ehr.header(), "jku": jku}, ehr.claims(AUD), lambda signed: es(stranger, signed))
        service.refused("key-address", token)
    assert "/evil" not in hospital.keys.asked


def test_the_key_address_of_another_client(service, hospital, ehr):
    """Each address is bound to its issuer: the neighbour's may not vouch for this one."""
    url = hospital.keys.url + "/neighbour"
    token = NEIGHBOUR.whole(NEIGHBOUR.header(jku=url), ehr.claims(AUD))
    service.refused("key-address", token)


def test_certificates_in_the_header(service, ehr):
    """S-16: x5u and x5c are not looked at."""
    service.refused("signature", injected(ehr, x5u="https://evil.example.org/cert.pem"))
    service.refused("signature", injected(ehr, x5c=["MIIB"], x5t="x"))


def test_harmless_extras_do_not_shut_a_good_client_out(service, hospital, ehr):
    """A certificate or a key beside a good signature changes nothing; neither does the right jku."""
    extras = {"x5c": ["MIIB"], "x5u": "https://x.example.org", "jwk": {"kty": "oct"}, "jku": hospital.url, "x": 1}
    service.let_in(ehr.token(AUD, extras))


@pytest.mark.parametrize(
    "key_id",
    ["../../../../dev/null", "/etc/passwd", "' OR 1=1 --", "es-1\0", "ES-1", "es-1 ", "*", "${jndi:ldap://x}", "é"],
)
def test_tricks_with_the_key_id(service, ehr, key_id):
    """A key id is compared with those of the set, and nothing else is done with it."""
    service.refused("unknown-key", ehr.token(AUD, {"kid": key_id}))


@pytest.mark.parametrize("key_id", ["", 1, ["es-1"], {"kid": "es-1"}, True, "x" * 256])
def test_a_key_id_that_is_none(service, ehr, key_id):
    """A key id is a text that is not empty and not very long."""
    service.refused("key-id", ehr.token(AUD, {"kid": key_id}))


def test_no_key_id_where_there_are_several_keys(service, ehr):
    """Keys are not tried one after the other."""
    service.refused("unknown-key", ehr.token(AUD, {"kid": None}))


def test_a_flood_of_unknown_keys_fetches_little(service, hospital, ehr):
    """S-13: each worker fetches a few times and then every 30 seconds, however many tokens name new keys."""
    before = len(hospital.keys.asked)
    for number in range(60):
        assert service.call(ehr.token(AUD, {"kid": f"new-{number}"}))[0] == 401
    assert len(hospital.keys.asked) - before <= 8
    service.let_in(ehr.token(AUD))


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": ["b64"], "b64": False}])
def test_extensions_that_are_critical(service, ehr, header):
    """S-16: what must be understood and is not, is refused."""
    service.refused("critical-header", ehr.token(AUD, header))


def test_an_unencoded_payload(service, ehr):
    """RFC 7797 is not done."""
    service.refused("critical-header", ehr.token(AUD, {"b64": False}))


@pytest.mark.parametrize("kind", ["JOSE", "at+jwt", "", 1, ["JWT"]])
def test_a_token_of_another_kind(service, ehr, kind):
    """An access token of the same issuer is no token of a CDS client."""
    service.refused("type", ehr.token(AUD, {"typ": kind}))
