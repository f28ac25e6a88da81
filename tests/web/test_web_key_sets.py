"""Key sets that are bad, and servers of key sets that misbehave: 401 from the real service, and others still pass."""

import gzip
import json
import threading

import pytest
from access_parties import Ehr, ec_key, jwk_of, part, rsa_key
from access_site import AUD, Hospital, guarded, site_file
from cryptography.hazmat.primitives.asymmetric import ec
from web_samples import free_port

OVER = threading.Event()
"""Ends what hangs."""


def ehr(name, key=None):
    """An EHR of this name."""
    return Ehr(f"https://{name}.example.org", key or ec_key())


BAD_KEYS = {
    "short-rsa": (rsa_key(1024), {}, "has not 2048 to 8192 bits"),
    "private-ec": (ec_key(), {"private": True}, "is a private key"),
    "private-rsa": (rsa_key(), {"private": True}, "is a private key"),
    "for-encryption": (ec_key(), {"use": "enc"}, "is not for signatures by ES384"),
    "for-signing-only": (ec_key(), {"key_ops": ["sign"]}, "is not for signatures by ES384"),
    "of-another-algorithm": (rsa_key(), {"alg": "RS256"}, "is not for signatures by RS384"),
    "of-a-symmetric-algorithm": (rsa_key(), {"alg": "HS256"}, "is not for signatures by RS384"),
    "p-256": (ec_key(ec.SECP256R1), {}, "is not on the curve P-384"),
    "p-521": (ec_key(ec.SECP521R1), {}, "is not on the curve P-384"),
    "off-the-curve": (ec_key(), {"y": part(b"\1" * 48)}, "cannot be read"),
    "no-number": (ec_key(), {"x": 7}, "cannot be read"),
    "symmetric": (ec_key(), {"kty": "oct", "k": "c2VjcmV0"}, "is neither of the kind EC nor RSA"),
    "of-no-kind": (ec_key(), {"kty": None}, "is neither of the kind EC nor RSA"),
}


def redirecting(found):
    """Sends the caller to a good key set."""
    return lambda handler: handler.answer(b"", 302, Location="/jwks.json")


def hanging(_):
    """Never answers."""
    return lambda _: OVER.wait()


def dripping(found):
    """Sends the body of a good key set, a byte now and then."""

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(found)))
        handler.end_headers()
        for each in found:
            handler.wfile.write(bytes([each]))
            if OVER.wait(0.2):
                return

    return drip


def dripping_headers(_):
    """Sends one header after the other, for ever."""

    def drip(handler):
        handler.send_response(200)
        handler.flush_headers()
        while not OVER.wait(0.2):
            handler.wfile.write(b"X-More: x\r\n")

    return drip


BAD_SERVERS = {
    "redirecting": (redirecting, "answered with status 302"),
    "failing": (lambda _: lambda handler: handler.send_error(500), "answered with status 500"),
    "missing": (lambda _: None, "answered with status 404"),
    "no-json": (lambda _: b"<html>", "it is no JSON Web Key Set"),
    "no-key-set": (lambda _: b'{"x5c": []}', "it is no JSON Web Key Set: it has no list"),
    "a-list": (lambda found: json.dumps(json.loads(found)["keys"]).encode(), "it is no JSON Web Key Set"),
    "named-twice": (lambda found: b'{"keys": [], ' + found[1:], "it is no JSON Web Key Set"),
    "huge": (lambda found: found + b" " * 70_000, "answered with more than 65536 bytes"),
    "many-keys": (lambda _: json.dumps({"keys": [{}] * 51}).encode(), "it has more than 50 keys"),
    "compressed": (
        lambda found: lambda handler: handler.answer(gzip.compress(found), Content_Encoding="gzip"),
        "answered compressed",
    ),
    "hanging": (hanging, "no answer within 2 s"),
    "dripping": (dripping, "no answer within 2 s"),
    "dripping-headers": (dripping_headers, "no answer within 2 s"),
}
EHRS = {name: ehr(name, key) for name, (key, _, _) in BAD_KEYS.items()} | {name: ehr(name) for name in BAD_SERVERS}
DOWN, STRANGER, ROTATING, BY_FILE = ehr("down"), ehr("stranger"), ehr("rotating"), ehr("by-file", rsa_key())


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """An EHR and a server of keys whose other addresses all misbehave."""
    found = Hospital(tmp_path_factory.mktemp("key-sets"))
    with found.keys:
        yield found
        OVER.set()


@pytest.fixture(scope="module")
def service(hospital):
    """The service in one process, with a client for each bad key and each bad server."""
    keys, clients = hospital.keys, [hospital.client()]
    for name, (key, members, _) in BAD_KEYS.items():
        url = keys.publish(f"/{name}", jwk_of(key, "key-1", **members))
        clients.append(hospital.client(name, EHRS[name].issuer, url))
    for name, (page, _) in BAD_SERVERS.items():
        url = keys.publish(f"/{name}", EHRS[name].jwk)
        keys.pages[f"/{name}"] = page(keys.pages[f"/{name}"])
        clients.append(hospital.client(name, EHRS[name].issuer, url))
    clients.append(hospital.client("down", DOWN.issuer, f"https://127.0.0.1:{free_port()}/jwks.json"))
    clients.append(hospital.client("stranger", STRANGER.issuer, keys.publish("/stranger", STRANGER.jwk), fhir={}))
    clients.append(hospital.client("rotating", ROTATING.issuer, keys.publish("/rotating", ROTATING.jwk)))
    (hospital.folder / "handed-over.json").write_text(json.dumps({"keys": [jwk_of(BY_FILE.key)]}))
    by_file = hospital.client("by-file", BY_FILE.issuer, jwks_file="handed-over.json")
    del by_file["jwks_url"]
    clients.append(by_file)
    site = site_file(hospital.folder, clients)
    with guarded(hospital.folder / "served", site, hospital.ehr, "--workers", "1") as running:
        yield running


def told(service, client):
    """What the log says of a client's key set."""
    lines = [json.loads(line) for line in service.server.log.read_text().splitlines() if '"event":"key set"' in line]
    return [each["trouble"] for each in lines if each["client"] == client]


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_must_not_be_used(service, name):
    """S-8: it is left out of the set, which the log says; a token that it signed is refused."""
    _, _, trouble = BAD_KEYS[name]
    token = EHRS[name].token(AUD, {"alg": "RS384" if name.endswith("rsa") else EHRS[name].algorithm})
    service.refused("unknown-key", token)
    assert told(service, name)
    assert all(each.startswith(f"key 1: {trouble}") for each in told(service, name))


@pytest.mark.parametrize("name", BAD_SERVERS)
def test_a_key_server_that_misbehaves(service, hospital, name):
    """S-13: no redirect, 64 KB and two seconds at most; then there are no keys, and the call is refused."""
    service.refused("no-keys", EHRS[name].token(AUD))
    assert any(trouble.startswith(BAD_SERVERS[name][1]) for trouble in told(service, name)), told(service, name)


def test_a_key_server_that_is_down(service):
    """Nobody listens: refused at once."""
    service.refused("no-keys", DOWN.token(AUD))
    assert told(service, "down")


def test_a_key_server_that_nobody_vouches_for(service):
    """Without ca_file the usual authorities count, and this server's is none of them."""
    service.refused("no-keys", STRANGER.token(AUD))
    assert set(told(service, "stranger")) == {"SSLError"}


def test_keys_rotate(service, hospital):
    """S-13: a new key is fetched when a token first names it; then the old one, which is gone, counts no more."""
    service.let_in(ROTATING.token(AUD))
    later = Ehr(ROTATING.issuer, ec_key(), "key-2")
    service.refused("unknown-key", later.token(AUD))
    hospital.keys.publish("/rotating", later.jwk)
    service.let_in(later.token(AUD))
    service.refused("unknown-key", ROTATING.token(AUD))


def test_keys_of_a_file(service):
    """S-5: a key set that was handed over; its one key has no id, and the token may name one, and an address."""
    service.let_in(BY_FILE.token(AUD))
    service.let_in(BY_FILE.token(AUD, {"kid": None}))
    service.let_in(BY_FILE.token(AUD, {"jku": "https://elsewhere.example.org/jwks.json"}))
    token = BY_FILE.whole(BY_FILE.header(), BY_FILE.claims(AUD), lambda _: b"x" * 256)
    service.refused("signature", token)


def test_key_servers_that_hang_hold_no_other_client_up(service):
    """While many wait for keys that do not come, the others are answered."""
    calls = [
        threading.Thread(target=service.call, args=(EHRS[name].token(AUD),)) for name in ("hanging", "dripping") * 12
    ]
    for each in calls:
        each.start()
    service.let_in(service.ehr.token(AUD))
    for each in calls:
        each.join()


def test_a_key_file_that_cannot_be_used_stops_the_start(hospital, tmp_path):
    """Everything that is wrong with all key files is said at once, and nothing is served."""
    sets = {"empty": [], "short": [jwk_of(BAD_KEYS["short-rsa"][0])], "private": [jwk_of(ec_key(), private=True)]}
    clients = []
    for name, keys in sets.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"keys": keys}))
        clients.append({"name": name, "issuer": f"https://{name}.example.org", "jwks_file": f"{name}.json"})
    (tmp_path / "text.json").write_text("keys")
    clients.append({"name": "text", "issuer": "https://text.example.org", "jwks_file": "text.json"})
    with pytest.raises(AssertionError) as failed, guarded(tmp_path / "x", site_file(tmp_path, clients), hospital.ehr):
        pass
    said = str(failed.value)
    assert "client empty: jwks_file empty.json has no key" in said
    assert "client short: jwks_file short.json: key 1: has not 2048 to 8192 bits" in said
    assert "client private: jwks_file private.json: key 1: is a private key" in said
    assert "client text: jwks_file text.json: it is no JSON Web Key Set" in said
    assert "Traceback" not in said
