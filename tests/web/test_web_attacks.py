"""Attacks with the form, the algorithm and the signature of a token.

Each is refused by the real server with a bare 401, in a set-up in which a good token passes.
"""

import json

import pytest
from access_parties import ec_key, es, hs, part, ps, public_pem, rs
from access_site import AUD
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from web_samples import SELECT

# ------------------------------------------------------------------ no token, or not one


def test_no_token(service):
    """S-4: who shows nothing is not let in, to no address of CDS Hooks, discovery included."""
    service.refused("no-token")
    service.refused("no-token", path="/cds-services", method="GET")
    service.refused("no-token", path="/cds-services/", method="GET")
    service.refused("no-token", path=f"{SELECT}/feedback")
    service.refused("no-token", path="/cds-services/unknown")
    service.refused("no-token", path=SELECT, method="DELETE")


@pytest.mark.parametrize(
    "said",
    ["Bearer", "Bearer ", "Bearer x", "Bearer a.b", "Bearer a.b.c.d", "Bearer ..", "Bearer a.b.", "Basic dTpw", "null"],
)
def test_no_json_web_signature(service, said):
    """What has not the three parts of a signed token is no token."""
    service.refused("malformed", authorization=said)


def test_another_scheme_with_a_good_token(service, ehr):
    """Only Bearer introduces a token."""
    service.refused("malformed", authorization=f"DPoP {ehr.token(AUD)}")
    service.refused("malformed", authorization=ehr.token(AUD))


def test_bearer_in_another_case_is_bearer(service, ehr):
    """RFC 9110, section 11.1: the name of a scheme has no case; more than one space may follow it."""
    for scheme in ("bearer", "BEARER", "Bearer  "):
        assert service.call(authorization=f"{scheme} {ehr.token(AUD)}")[0] == 200


def test_other_whitespace_than_spaces(service, ehr):
    """A tab between, or whitespace within a token, is no token."""
    token = ehr.token(AUD)
    service.refused("malformed", authorization=f"Bearer\t{token}")
    service.refused("malformed", authorization=f"Bearer {token[:40]} {token[40:]}")


def test_two_tokens_in_one_header(service, ehr):
    """Nobody can tell which of two tokens counts, though both are good."""
    for between in (" ", ",", ", ", ", Bearer "):
        service.refused("malformed", authorization=f"Bearer {ehr.token(AUD)}{between}{ehr.token(AUD)}")


def test_two_authorization_headers(service, ehr):
    """Two headers are no better than one with two tokens, in either order."""
    good, bad = f"Bearer {ehr.token(AUD)}", "Bearer a.b.c"
    for first, second in ((good, bad), (bad, good), (good, good)):
        connection = service.server.connection()
        try:
            connection.putrequest("GET", "/cds-services")
            connection.putheader("Authorization", first)
            connection.putheader("Authorization", second)
            connection.endheaders()
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (401, b"")
            assert service.why(answer.headers) == "malformed"
        finally:
            connection.close()
    service.let_in(ehr.token(AUD))


def test_an_oversized_token(service, ehr):
    """A token is not even taken apart when it is longer than 8 KB, though it is well signed."""
    service.refused("too-long", ehr.token(AUD, padding="x" * 8192))


def test_padding_and_odd_base64(service, ehr):
    """There is one way to write a token: no padding, no other alphabet, no bits left over."""
    head, claims, signature = ehr.token(AUD).split(".")
    service.refused("malformed", f"{head}=.{claims}.{signature}")
    service.refused("malformed", f"{head}.{claims}.+{signature[1:]}")
    # Two letters more than whole groups of four: of the last letter four bits are left over, which must be zero.
    odd = next(each for each in map("x".__mul__, range(3)) if len(part(ehr.claims(AUD, jti=f"odd{each}"))) % 4 == 2)
    head, claims, signature = ehr.token(AUD, jti=f"odd{odd}").split(".")
    assert claims[-1] in "AQgw"
    service.refused("malformed", f"{head}.{claims[:-1]}{chr(ord(claims[-1]) + 1)}.{signature}")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a":NaN}', b"[" * 3000, b'"x"', b"1"])
def test_parts_that_are_no_json_object(service, ehr, body):
    """Header and claims are JSON objects; deep nesting ends nothing but the call."""
    service.refused("malformed", ehr.whole(body or b" ", ehr.claims(AUD)))
    service.refused("malformed", ehr.whole(ehr.header(), body or b" "))


# ---------------------------------------------------------------------------- algorithms


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "null"])
@pytest.mark.parametrize("signature", ["", "AA"])
def test_algorithm_none(service, ehr, name, signature):
    """S-8: an unsigned token, however it is spelled and with whatever in the place of a signature."""
    token = f"{part(ehr.header(alg=name))}.{part(ehr.claims(AUD))}.{signature}"
    service.refused("algorithm" if signature else "malformed", token)


@pytest.mark.parametrize("value", [None, 1, ["ES384"], {"ES384": 1}, True])
def test_an_algorithm_that_is_no_name(service, ehr, value):
    """A header without alg, or with something else in its place."""
    service.refused("algorithm", ehr.token(AUD, {"alg": value}))


@pytest.mark.parametrize(("name", "digest"), [("HS256", "SHA256"), ("HS384", "SHA384"), ("HS512", "SHA512")])
def test_symmetric_confusion(service, ehr, name, digest):
    """S-8: the public key, which anybody has, used as the secret of a symmetric signature: as a file and as JSON."""
    for secret in (public_pem(ehr.key), json.dumps(ehr.jwk).encode(), b""):
        token = ehr.whole(
            ehr.header(alg=name),
            ehr.claims(AUD),
            lambda signed, secret=secret: hs(secret, signed, getattr(hashes, digest)),
        )
        service.refused("algorithm", token)


@pytest.mark.parametrize("name", ["es384", "ES384 ", "ES256", "ES512", "ES256K", "RS256", "RS512", "PS384", "EdDSA"])
def test_algorithms_that_are_not_on_the_list(service, ehr, name):
    """Two algorithms are done, by their exact names; no other is tried with the key."""
    service.refused("algorithm", ehr.token(AUD, {"alg": name}))


def test_pss_in_the_place_of_pkcs1(service, hospital, ehr):
    """A PS384 signature by the right key is no RS384 signature, and PS384 is not done."""
    for name, why in (("RS384", "signature"), ("PS384", "algorithm")):
        token = ehr.whole(
            ehr.header(alg=name, kid="rs-1"), ehr.claims(AUD), lambda signed: ps(hospital.other_key, signed)
        )
        service.refused(why, token)


def test_rsa_with_another_digest(service, hospital, ehr):
    """An RS256 signature by the right key is no RS384 signature."""
    token = ehr.whole(
        ehr.header(alg="RS384", kid="rs-1"),
        ehr.claims(AUD),
        lambda signed: rs(hospital.other_key, signed, hashes.SHA256),
    )
    service.refused("signature", token)


def test_the_kind_of_the_key_fixes_the_algorithm(service, ehr):
    """RS384 with the id of an EC key, and the other way round, find no key."""
    service.refused("unknown-key", ehr.token(AUD, {"alg": "RS384"}))
    service.refused("unknown-key", ehr.token(AUD, {"kid": "rs-1"}))


# ---------------------------------------------------------------------------- signatures


def test_a_stripped_signature(service, ehr):
    """A signature that is not there, or only half."""
    token = ehr.token(AUD)
    service.refused("malformed", token.rpartition(".")[0] + ".")
    service.refused("signature", f"{token.rpartition('.')[0]}.{part(b'x' * 48)}")


def test_a_signature_of_zeros(service, ehr):
    """r = s = 0, which broken libraries took for good (CVE-2022-21449); other edges of the range too."""
    order = int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16)
    for value in (0, 1, order - 1, order, 2**384 - 1):
        pair = value.to_bytes(48, "big") * 2
        service.refused("signature", ehr.whole(ehr.header(), ehr.claims(AUD), lambda _, pair=pair: pair))


def test_a_signature_in_der(service, ehr):
    """The right signature in the encoding of certificates."""
    token = ehr.whole(ehr.header(), ehr.claims(AUD), lambda signed: ehr.key.sign(signed, ec.ECDSA(hashes.SHA384())))
    service.refused("signature", token)


def test_claims_changed_after_signing(service, ehr):
    """The signature of another token; header and claims are both signed."""
    head, _, signature = ehr.token(AUD).split(".")
    service.refused("signature", f"{head}.{part(ehr.claims(AUD))}.{signature}")
    _, claims, signature = ehr.token(AUD).split(".")
    service.refused("signature", f"{part(ehr.header(x=1))}.{claims}.{signature}")


def test_a_key_of_another(service, ehr):
    """A token signed by a key that nobody published."""
    stranger = ec_key()
    token = ehr.whole(ehr.header(), ehr.claims(AUD), lambda signed: es(stranger, signed))
    service.refused("signature", token)
