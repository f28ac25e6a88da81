import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_places import places, put
from web_samples import SELECT, SIGN, as_bytes, prefetch, request

BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "Patient/p1", "2026-02-30", "order-sign", [], {}, [[]], [None], {"": {}}]),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


BODIES = {
    SIGN: request(prefetch=prefetch(), fhirServer="ftp://x"),
    SELECT: request("order-select", prefetch=prefetch()),
}


@BOUNDED
@given(data=st.data())
def test_no_body_that_is_json_makes_the_service_fail(client, data):
    """R-12, E-5, E-11: whatever stands in place of a member, the answer is 200 or 400, never a failure of ours."""
    path = data.draw(st.sampled_from(sorted(BODIES)))
    body = BODIES[path]
    for _ in range(data.draw(st.integers(1, 3))):
        body = put(body, data.draw(st.sampled_from(list(places(body)))), data.draw(VALUES))
    answer = client.post(path, data=as_bytes(body), content_type="application/json")
    assert answer.status_code in (200, 400), answer.text
    assert "cards" in answer.json or answer.json["resourceType"] == "OperationOutcome"


@BOUNDED
@given(data=st.data())
def test_no_bytes_make_the_service_fail(client, data):
    """R-1: bytes cut, changed or put in anywhere end in 200 or 400."""
    body = bytearray(as_bytes(BODIES[SIGN]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    assert client.post(SIGN, data=bytes(body)).status_code in (200, 400)


@BOUNDED
@given(path=st.text(max_size=30), method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"]))
def test_no_path_makes_the_service_fail(client, path, method):
    """E-7, E-8: unknown paths are refused in an orderly way."""
    for prefix in ("/", "/cds-services/", "/rules/sample/"):
        assert client.open(prefix + quote(path).lstrip("/"), method=method).status_code < 500


def test_the_samples_are_json():
    """The bodies that are mutated are good ones."""
    assert json.loads(as_bytes(BODIES[SIGN]))["hook"] == "order-sign"
