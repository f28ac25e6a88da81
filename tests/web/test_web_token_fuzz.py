"""Whatever stands in a token or in a key set, it is a denial or an error of ours by name, never an accident."""

import json
import time

import pytest
from access_parties import Ehr, ec_key, jwk_of, rsa_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.language.site_client import Access, Client
from cds.language.site_decided import Decided
from cds.values.diagnostic import Position
from cds.web.callers import Callers
from cds.web.denial import DeniedError
from cds.web.key_cache import KeysOfFile
from cds.web.key_set import KeySetError, read_key_set
from cds.web.replay import Replays

EHR = Ehr("https://ehr.example.org", ec_key())
ADDRESS = "https://cds.example.org/cds-services/x"
CLIENT = Client(
    "one",
    Position("site.yaml", 1, 1),
    Decided("client one"),
    Access(EHR.issuer, "https://ehr.example.org/jwks", per_second=1_000_000),
)
KEYS = (jwk_of(EHR.key, EHR.kid), jwk_of(rsa_key(), "rs"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([ADDRESS, "JWT"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def callers():
    """Callers with one client, whose keys are known."""
    keys = KeysOfFile(read_key_set(json.dumps({"keys": KEYS}).encode()))
    return Callers({EHR.issuer: CLIENT}, {EHR.issuer: keys}, Replays(None, lambda: None))


@SETTINGS
@given(st.text() | st.binary(max_size=300).map(lambda raw: f"Bearer {raw.decode('latin-1')}"))
def test_any_header_is_denied(callers, said):
    """Text that is no token."""
    with pytest.raises(DeniedError):
        callers.authenticate(said, {ADDRESS})


@SETTINGS
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "jku", "crit", "b64", "jwk", "x5c"]), ANYTHING))
def test_any_member_of_a_header_is_good_or_denied(callers, changed):
    """A header with anything in it, in a token that is well signed for whoever verifies by ES384."""
    token = EHR.whole({**EHR.header(), **changed}, EHR.claims(ADDRESS))
    try:
        assert callers.authenticate(f"Bearer {token}", {ADDRESS}) is CLIENT
    except DeniedError:
        assert set(changed) - {"jwk", "x5c"}


@SETTINGS
@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti"]), ANYTHING, min_size=1))
def test_any_claim_is_good_or_denied(callers, changed):
    """Claims with anything in them, well signed; those that pass say what they must."""
    claims = {**EHR.claims(ADDRESS), **changed}
    try:
        assert callers.authenticate(f"Bearer {EHR.whole(EHR.header(), claims)}", {ADDRESS}) is CLIENT
    except DeniedError:
        return
    assert claims["iss"] == EHR.issuer
    assert ADDRESS in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"])
    assert claims["exp"] > time.time() - 61
    assert claims["exp"] - claims["iat"] <= 3600
    assert isinstance(claims["jti"], str)


@SETTINGS
@given(
    st.sampled_from(KEYS),
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg", "key_ops", "d"]), ANYTHING, min_size=1
    ),
)
def test_any_key_is_read_or_left_out(key, changed):
    """A key with anything in it is used or named; the others of its set are used."""
    body = {"keys": [{**key, **changed, "kid": changed.get("kid", "changed")}, *KEYS]}
    try:
        found = read_key_set(json.dumps(body).encode())
    except KeySetError:
        assert "NaN" in json.dumps(body) or "Infinity" in json.dumps(body)
        return
    assert {each.id for each in found.keys} >= {"key-1", "rs"}
    assert len(found.keys) + len(found.dropped) == 3


@SETTINGS
@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_no_key_set(content):
    """What is no key set is said to be none."""
    with pytest.raises(KeySetError):
        read_key_set(content)
