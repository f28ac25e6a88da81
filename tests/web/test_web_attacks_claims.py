"""Attacks with what a token claims.

Each is refused by the real server with a bare 401, in a set-up in which a good token passes.
"""

import json
import time

import pytest
from access_parties import PUBLIC
from access_site import AUD, EPIC, NEIGHBOUR
from web_samples import SELECT

# ---------------------------------------------------------------------- who and for whom


@pytest.mark.parametrize(
    "issuer",
    ["https://evil.example.org", "https://ehr.example.org/fhir/", "https://EHR.example.org/fhir", "main", " "],
)
def test_an_issuer_that_is_not_on_the_list(service, hospital, ehr, issuer):
    """S-10: issuers are compared exactly, before anything is fetched."""
    before = list(hospital.keys.asked)
    assert service.call(ehr.token(AUD, iss=issuer))[0] == 401
    assert hospital.keys.asked == before
    service.refused("issuer", ehr.token(AUD, iss=issuer))


def test_the_issuer_of_another_client(service, ehr):
    """A client that signs with its own key as if it were the other; with its own key id and the other's."""
    for key_id, why in ((NEIGHBOUR.kid, "unknown-key"), (ehr.kid, "signature")):
        token = NEIGHBOUR.whole(NEIGHBOUR.header(kid=key_id), ehr.claims(AUD))
        service.refused(why, token)


@pytest.mark.parametrize("tenant", [None, "t-3", "T-1", ["t-1"], "", "t-1 "])
def test_a_tenant_that_is_not_on_the_list(service, tenant):
    """E-4: where the site file lists tenants, the token names one of them, exactly."""
    service.refused("tenant", EPIC.token(AUD, tenant=tenant))
    service.let_in(EPIC.token(AUD, tenant="t-2"))


@pytest.mark.parametrize(
    "aud",
    [
        "https://other.example.org/cds-services/sample-order-sign",
        PUBLIC,
        f"{PUBLIC}/cds-services",
        PUBLIC + SELECT,
        f"{AUD}/feedback",
        AUD.upper(),
        AUD + "?x=1",
        AUD.replace("https", "http"),
        [],
        ["x", PUBLIC],
        "",
    ],
)
def test_the_wrong_audience(service, ehr, aud):
    """S-7: a token is for the address that is called, exactly, and for no other of the same service."""
    service.refused("audience", ehr.token(aud))


def test_the_address_behind_the_proxy_is_no_audience(service, ehr):
    """S-7: neither the bound address nor what the Host and forwarding headers say is one."""
    service.refused("audience", ehr.token(service.server.url + service_path()))
    forged = {"Host": "evil.example.org", "X_Forwarded_Host": "evil.example.org", "X_Forwarded_Proto": "https"}
    service.refused("audience", ehr.token("https://evil.example.org/cds-services/sample-order-sign"), **forged)


def service_path():
    """The path that is called."""
    return AUD.removeprefix(PUBLIC)


# --------------------------------------------------------------------------------- times


def test_an_expired_token(service, ehr):
    """S-15: beyond a minute of leeway a token is over."""
    now = int(time.time())
    service.refused("expired", ehr.token(AUD, iat=now - 400, exp=now - 100))
    service.let_in(ehr.token(AUD, iat=now - 400, exp=now - 10))


def test_a_token_that_is_not_valid_yet(service, ehr):
    """nbf is honoured, with the same leeway."""
    now = int(time.time())
    service.refused("too-early", ehr.token(AUD, nbf=now + 200))
    service.let_in(ehr.token(AUD, nbf=now + 10))


def test_a_token_of_the_future(service, ehr):
    """S-15: so is iat."""
    now = int(time.time())
    service.refused("too-early", ehr.token(AUD, iat=now + 200, exp=now + 400))
    service.let_in(ehr.token(AUD, iat=now + 10, exp=now + 300))


def test_a_token_for_a_century(service, ehr):
    """S-15: a token lives an hour at most; longer ones are refused at once."""
    now = int(time.time())
    service.refused("lifetime", ehr.token(AUD, exp=now + 3_155_760_000))
    service.refused("lifetime", ehr.token(AUD, iat=now, exp=now + 3601))
    service.refused("lifetime", ehr.token(AUD, iat=now + 50, exp=now + 40))
    service.let_in(ehr.token(AUD, iat=now, exp=now + 3600))


# -------------------------------------------------------------------------------- claims


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
def test_a_claim_that_is_missing(service, ehr, name):
    """S-6: each of the five must be there."""
    claims = ehr.claims(AUD)
    del claims[name]
    service.refused("claim", ehr.whole(ehr.header(), claims))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("exp", "iat", "nbf") for value in ("{}", True, [1], -1, 1e300, 10**400, {"x": 1})),
        ("iss", ["https://ehr.example.org/fhir"]),
        ("iss", 1),
        ("iss", ""),
        ("aud", {AUD: 1}),
        ("aud", [AUD, 1]),
        ("aud", 1),
        ("jti", 1),
        ("jti", ""),
        ("jti", ["x"]),
        ("jti", "x" * 256),
        ("jti", "a\0b"),
        ("jti", "\ud800"),
    ],
)
def test_a_claim_of_the_wrong_type(service, ehr, name, value):
    """S-6: numbers are numbers, a number in quotes is none; texts are texts."""
    if value == "{}":
        value = str(int(time.time()) + (300 if name == "exp" else 0))
    service.refused("claim", ehr.whole(ehr.header(), {**ehr.claims(AUD), name: value}))


def test_duplicate_claims(service, ehr):
    """Readers differ in which of two they see: both orders are refused, at any depth."""
    for name, value in (("aud", AUD), ("exp", int(time.time()) + 300), ("iss", ehr.issuer), ("jti", "x"), ("x", 1)):
        whole = json.dumps({**ehr.claims(AUD), name: value})
        twice = json.dumps({name: "other"})[:-1] + ", " + whole[1:]
        service.refused("named-twice", ehr.whole(ehr.header(), twice.encode()))
        service.refused("named-twice", ehr.whole(ehr.header(), (whole[:-1] + f', "{name}": "other"}}').encode()))
    inside = json.dumps(ehr.claims(AUD))[:-1] + ', "x": {"y": 1, "y": 2}}'
    service.refused("named-twice", ehr.whole(ehr.header(), inside.encode()))


def test_duplicate_members_of_the_header(service, ehr):
    """alg and kid twice, one of them good; a name can be written in two ways."""
    whole = json.dumps(ehr.header())
    for more in ('"alg": "none"', '"kid": "rs-1"', '"\\u0061lg": "none"'):
        service.refused("named-twice", ehr.whole(f"{whole[:-1]}, {more}}}".encode(), ehr.claims(AUD)))


def test_a_token_never_reaches_the_log(service, ehr):
    """S-14: neither a good token nor a bad one, nor a part of it, nor its id."""
    good, bad = ehr.token(AUD, jti="MARK-good"), ehr.token("MARK-aud", {"kid": "MARK-kid"}, jti="MARK-bad", iss="MARK")
    service.let_in(good)
    service.refused("issuer", bad)
    service.refused("unknown-key", ehr.token(AUD, {"kid": "MARK-kid"}))
    written = service.server.log.read_text()
    assert "MARK" not in written
    assert not any(piece in written for token in (good, bad) for piece in token.split("."))
