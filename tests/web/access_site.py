"""A service under a site file, really served, and what becomes of calls to it."""

import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass

from access_parties import PUBLIC, Ehr, KeyServer, ec_key, jwk_of, make_authority, rsa_key
from web_samples import HERE, SIGN, as_bytes, prefetch, request
from web_servers import COMMAND, PATIENCE_S, Served, served

AUD = PUBLIC + SIGN
RULES = HERE / "sample_rules"
HEAD = f"site: clinic\npublic_url: {PUBLIC}\ntimezone: UTC\npacks: {{sample: {{profile: sample}}}}\n"
NEIGHBOUR = Ehr("https://neighbour.example.org", ec_key(), "n-1")
EPIC = Ehr("https://epic.example.org/fhir", rsa_key(), "rs-1")
BODY = as_bytes(request(prefetch=prefetch()))


def site_file(folder, clients, more=""):
    """Write a site file with these clients, each a mapping; its path."""
    path = folder / "site.yaml"
    path.write_text(f"{HEAD}{more}clients:\n" + "".join(f"  - {json.dumps(each)}\n" for each in clients))
    return path


@dataclass(frozen=True)
class Guarded:
    """A service that asks who calls, and the EHR that may call it."""

    server: Served
    ehr: Ehr

    def call(self, token=None, path=SIGN, method="POST", authorization=None, **headers):
        """Status, headers and body of a call with a token, or with an Authorization header of any kind."""
        said = authorization if authorization is not None else f"Bearer {token}" if token is not None else None
        sent = {"Content_Type": "application/json", **({"Authorization": said} if said is not None else {}), **headers}
        return self.server.send(method, path, BODY if method == "POST" else None, **sent)

    def let_in(self, token, path=SIGN, method="POST"):
        """Assert that a token is good; the answer."""
        status, headers, body = self.call(token, path, method)
        assert status == 200, (status, body, self.why(headers))
        return json.loads(body)

    def refused(self, why, token=None, **call):
        """Assert the bare 401, for the reason that the log has, and that a good token passes nonetheless."""
        status, headers, body = self.call(token, **call)
        assert (status, body, headers["WWW-Authenticate"]) == (401, b"", "Bearer"), (status, body)
        assert headers["Content-Type"] is None
        assert self.why(headers) == why
        self.let_in(self.ehr.token(AUD))

    def why(self, headers):
        """Why the log says that a call was denied; empty when it was not."""
        return self.line(headers).get("denied", "")

    def line(self, headers):
        """The log line of an answer."""
        mark, give_up = headers["X-Request-Id"].encode(), time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            for line in self.server.log.read_bytes().splitlines():
                if mark in line and b'"event":"request"' in line:
                    return json.loads(line)
            time.sleep(0.02)
        raise AssertionError("no log line")


@contextmanager
def guarded(folder, site, ehr, *arguments, data=None, tls=None):
    """Serve a site file."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ("serve", "--site", site, "--rules", RULES, "--data", data or folder / "data", "--workers", "2")
    with served(folder, *COMMAND, *command, *arguments, tls=tls) as running:
        yield Guarded(running, ehr)


class Hospital:
    """One EHR whose key set holds two keys, the server that publishes it, and a client entry for the site file."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = make_authority(folder / "tls")
        self.ehr = Ehr("https://ehr.example.org/fhir", ec_key(), "es-1")
        self.other_key = rsa_key()
        self.keys = KeyServer(self.authority)
        self.url = self.keys.publish("/jwks.json", self.ehr.jwk, jwk_of(self.other_key, "rs-1"))

    def client(self, name="main", issuer=None, url=None, **members):
        """An entry of ``clients:``."""
        return {
            "name": name,
            "issuer": issuer or self.ehr.issuer,
            "jwks_url": url or self.url,
            "rate": "1000 per second",
            "fhir": {"ca_file": os.path.relpath(self.authority.ca_file, self.folder)},
            **members,
        }
