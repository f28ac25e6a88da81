"""Clients as they are in the wild pass, and get what is theirs; browsers of listed origins read it."""

import json
import subprocess
from dataclasses import replace
from http.client import HTTPException

import pytest
from access_parties import PUBLIC, Ehr, ec_key, make_authority
from access_site import AUD, EPIC, NEIGHBOUR, guarded, site_file
from web_samples import SELECT, SIGN, as_bytes, free_port, prefetch, request, sample_files
from web_servers import COMMAND, PATIENCE_S

from cds.authoring.loopback import LoopbackFhir
from cds.language.report import Report
from cds.language.site import SCHEMA, read_site
from cds.settings import Settings, with_files
from cds.web.app import create_app
from cds.web.callers import callers_of
from cds.web.limits import Gate
from cds.web.services import load_site

JSON = {"content_type": "application/json"}
SANDBOX = "https://sandbox.example.org"


# ---------------------------------------------------------------- over the real server


def test_the_shape_of_the_sandbox(service, hospital, ehr):
    """S-9: ES384 with jku, aud the exact address of each endpoint, five minutes, a random id."""
    for path, method in ((SIGN, "POST"), ("/cds-services", "GET")):
        service.let_in(ehr.token(PUBLIC + path, {"jku": hospital.url}), path, method)
    assert service.call(ehr.token(PUBLIC + SELECT), SELECT)[0] == 400  # a body of the other hook, from a known client
    slashes = "/cds-services//sample-order-sign"
    service.let_in(ehr.token(PUBLIC + slashes), slashes)
    service.let_in(ehr.token(AUD), slashes)


def test_the_shape_of_epic(service):
    """S-9: RS384, the FHIR base as issuer, nbf and sub besides, a tenant, fifteen minutes."""
    claims = EPIC.claims(AUD)
    more = {"nbf": claims["iat"], "sub": EPIC.issuer, "tenant": "t-1", "exp": claims["iat"] + 900}
    service.let_in(EPIC.whole(EPIC.header(), {**claims, **more}))


def test_several_audiences(service, ehr):
    """S-7: aud may be a list, with the address that is called anywhere in it."""
    service.let_in(ehr.token(["https://other.example.org", AUD]))
    service.let_in(ehr.token([AUD]))


def test_fractions_of_seconds(service, ehr):
    """RFC 7519: a NumericDate may have a fraction."""
    now = ehr.claims(AUD)["iat"]
    service.let_in(ehr.token(AUD, iat=now + 0.25, exp=now + 300.5))


def test_a_header_without_a_type(service, ehr):
    """S-5: typ says nothing that aud does not; without it a token is still one."""
    service.let_in(ehr.token(AUD, {"typ": None}))
    service.let_in(ehr.token(AUD, {"typ": "jwt"}))


def test_feedback_with_either_audience(service, ehr):
    """F-10: the address of feedback or of its service; not that of another service."""
    body = as_bytes(
        {"feedback": [{"card": "c-1", "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:00:00Z"}]}
    )
    path = f"{SIGN}/feedback"
    for aud in (f"{AUD}/feedback", AUD):
        assert service.server.send("POST", path, body, Authorization=f"Bearer {ehr.token(aud)}")[0] == 200
    service.refused("audience", ehr.token(PUBLIC + SELECT), path=path)


def test_probes_and_rule_pages_are_open(service):
    """S-4 is about CDS Hooks: there is no patient in these, and load balancers have no token."""
    for path in ("/healthz", "/readyz", "/rules/sample"):
        assert service.server.send("GET", path)[0] == 200
    assert json.loads(service.server.send("GET", "/readyz")[2])["mode"] == "authenticated"


def test_cards_link_to_the_public_address(service, ehr):
    """C-60: links lead where the site file says, whatever the Host header said."""
    status, _, body = service.call(ehr.token(AUD), Host="evil.example.org")
    urls = [link["url"] for card in json.loads(body)["cards"] for link in card["links"] if "/rules/" in link["url"]]
    assert status == 200
    assert urls
    assert all(url.startswith(f"{PUBLIC}/rules/") for url in urls)


def test_the_log_names_the_client(service, ehr):
    """S-14: of a call that was let in, the client; of one that was not, the client if its issuer is known."""
    assert service.line(service.call(ehr.token(AUD))[1])["client"] == "main"
    assert service.line(service.call(NEIGHBOUR.token("x"))[1])["client"] == "neighbour"
    assert "client" not in service.line(service.call(ehr.token(AUD, iss="x"))[1])


def test_an_answer_before_the_body_was_read_ends_the_connection(service, ehr):
    """A stranger cannot make the service read; the next call on a new connection is none the worse."""
    assert service.call()[1]["Connection"] == "close"
    assert service.call(method="GET", path="/cds-services")[1]["Connection"] is None
    service.let_in(ehr.token(AUD))


def test_the_service_speaks_tls_itself(hospital, tmp_path):
    """S-1: with a certificate of its own, TLS 1.2 or newer, and nothing else on that port."""
    authority = make_authority(tmp_path / "tls")
    files = ("--tls-cert", authority.certificate, "--tls-key", authority.key)
    site = site_file(hospital.folder, [hospital.client()])
    with guarded(tmp_path / "x", site, hospital.ehr, *files, tls=authority.client_context()) as running:
        running.let_in(hospital.ehr.token(AUD))
        running.refused("no-token")
        plain = replace(running.server, tls=None)
        with pytest.raises((OSError, HTTPException)):
            plain.send("GET", "/healthz")


def test_a_certificate_that_cannot_be_used_stops_the_start(tmp_path):
    """Of no pair, no PEM, not there, or one file alone: exit code 2 and a sentence."""
    one, other = (make_authority(tmp_path / name) for name in ("one", "other"))
    for certificate, key, said in (
        (one.certificate, other.key, "cannot be used"),
        (one.key, one.key, "cannot be used"),
        (str(tmp_path / "none"), one.key, "there is no such file"),
        (one.certificate, None, "belong together"),
    ):
        more = ("--tls-key", key) if key else ()
        done = subprocess.run(
            [*COMMAND, "serve", "--open", "--no-record", "--port", str(free_port()), "--tls-cert", certificate, *more],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


# ------------------------------------------------------------ in this process, by clients


class Parties:
    """A service in this process, under a site file with keys in files."""

    def __init__(self, folder, clients, count=None):
        self.folder = folder
        self.ehrs = {}
        site_file(folder, [self._client(folder, each) for each in clients])
        files, report = sample_files(), Report()
        source = (folder / "site.yaml").read_bytes()
        site = with_files(read_site("site.yaml", source, files[SCHEMA], report), folder, report)
        assert report.errors == 0, report.found
        self.settings = Settings(site=site, budget_ms=20_000)
        self.ready = load_site(files, site, report)
        self.recorder = Kept()
        callers = callers_of(site, count=count) if count is not None else None
        self.web = create_app(self.ready, self.settings, recorder=self.recorder, callers=callers).test_client()

    def _client(self, folder, members):
        name = members["name"]
        self.ehrs[name] = Ehr(f"https://{name}.example.org", ec_key())
        (folder / f"{name}.json").write_text(json.dumps({"keys": [self.ehrs[name].jwk]}))
        return {"issuer": self.ehrs[name].issuer, "jwks_file": f"{name}.json", **members}

    def call(self, name, path=SIGN, body=None, **headers):
        """The answer to a call of a client; a GET where there is no body."""
        headers["Authorization"] = f"Bearer {self.ehrs[name].token(PUBLIC + path)}"
        if body is None:
            return self.web.get(path, headers=headers)
        return self.web.post(path, data=as_bytes(body), headers=headers, **JSON)


class Kept:
    """Takes records."""

    def __init__(self):
        self.cards = []

    def now(self):
        """A moment."""
        return "2026-11-24T09:30:00.000000Z"

    def begin(self):
        """Begins nothing."""

    def keep_cards(self, cards, *_):
        """Keeps them."""
        self.cards += cards

    def counts(self):
        """Counts nothing."""
        return self


def test_each_client_gets_its_own_plan(tmp_path):
    """The client is who signed, whatever FHIR server the call names: its actions, its records, its discovery."""
    clients = [
        {"name": "one", "cards": {"actions": []}, "fhir": {"base": "https://one.example.org/fhir"}},
        {"name": "two", "fhir": {"base": "https://two.example.org/fhir"}, "data": {"never": {"conditions": "none"}}},
    ]
    parties = Parties(tmp_path, clients)
    body = request(prefetch=prefetch(), fhirServer="https://two.example.org/fhir")
    one, two = (parties.call(name, body=body).json["cards"] for name in ("one", "two"))
    assert not any(card.get("suggestions") for card in one)
    assert any(card.get("suggestions") for card in two)
    assert {card.client for card in parties.recorder.cards} == {"one", "two"}
    asked = {name: parties.call(name, "/cds-services").json["services"][0]["prefetch"] for name in ("one", "two")}
    assert "conditions" in asked["one"]
    assert "conditions" not in asked["two"]


def test_only_the_client_s_own_fhir_server_is_read(tmp_path):
    """S-22, S-23: another server is not, though it is on this computer or belongs to another client."""
    with LoopbackFhir([]) as own, LoopbackFhir([]) as other:
        clients = [{"name": "one", "fhir": {"base": own.base}}, {"name": "two", "fhir": {"base": other.base}}]
        parties = Parties(tmp_path, [*clients, {"name": "three"}])
        for name, server, read in (("one", own, True), ("one", other, False), ("three", own, False)):
            token = {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "cds"}
            body = request(fhirServer=server.base, fhirAuthorization=token)
            (card,) = parties.call(name, body=body).json["cards"]
            assert ("was not permitted" in card["detail"]) is not read, name
        assert own.requests
        assert not other.requests


def test_a_client_that_calls_too_fast_is_told_when_to_come_again(tmp_path):
    """429 with Retry-After, by client; nobody who is not let in counts."""
    counted = []
    clients = [{"name": "one", "rate": "2 per second"}, {"name": "two"}]
    parties = Parties(tmp_path, clients, lambda *event: counted.append(event))
    for _ in range(5):
        assert parties.web.get("/cds-services").status_code == 401
    answers = [parties.call("one", "/cds-services") for _ in range(40)]
    refused = [each for each in answers if each.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].json["issue"][0]["code"] == "throttled"
    assert parties.call("two", "/cds-services").status_code == 200
    assert counted[:5] == [("denied", "no-token")] * 5
    assert set(counted[5:]) == {("too_many", "one")}


def test_a_call_that_is_turned_away_leaves_its_token_unused(tmp_path, monkeypatch):
    """E-12: a process with its hands full looks at no token, so the EHR may send the same call again."""
    parties = Parties(tmp_path, [{"name": "one"}])
    headers = {"Authorization": f"Bearer {parties.ehrs['one'].token(PUBLIC + SIGN)}"}
    body = as_bytes(request(prefetch=prefetch()))
    with monkeypatch.context() as busy:
        busy.setattr(Gate, "enter", lambda _: False)
        assert parties.web.post(SIGN, data=body, headers=headers, **JSON).status_code == 503
    assert parties.web.post(SIGN, data=body, headers=headers, **JSON).status_code == 200
    assert parties.web.post(SIGN, data=body, headers=headers, **JSON).status_code == 401


def test_a_service_that_is_not_there(tmp_path):
    """E-8: a known client is told so; a stranger is not."""
    parties = Parties(tmp_path, [{"name": "one"}])
    assert parties.call("one", "/cds-services/nothing", body=request()).status_code == 404
    assert parties.web.post("/cds-services/nothing", data=b"{}").status_code == 401


# ------------------------------------------------------------------------------- CORS


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    """A service with a browser client."""
    return Parties(tmp_path_factory.mktemp("browsed"), [{"name": "one", "origins": [SANDBOX]}, {"name": "two"}])


@pytest.mark.parametrize("path", ["/cds-services", SIGN, f"{SIGN}/feedback"])
def test_a_listed_origin_may_ask_beforehand(browsed, path):
    """S-30 to S-33: preflights are answered without a token, for listed origins alone."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = browsed.web.options(path, headers={**asked, "Origin": SANDBOX})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    for origin in ("https://evil.example.org", "null", f"{SANDBOX}.evil.example.org", SANDBOX.replace("s:", ":")):
        refused = browsed.web.options(path, headers={**asked, "Origin": origin})
        assert not any(name.startswith("Access-Control") for name, _ in refused.headers)
        assert refused.headers["Vary"] == "Origin"


def test_a_listed_origin_may_read_errors_too(browsed):
    """S-34: also what was denied, and what is not there."""
    answers = {
        401: browsed.web.post(SIGN, data=b"{}", headers={"Origin": SANDBOX}),
        404: browsed.call("one", "/cds-services/nothing", body={}, Origin=SANDBOX),
        400: browsed.call("one", body={}, Origin=SANDBOX),
        200: browsed.call("one", "/cds-services", Origin=SANDBOX),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
        assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in browsed.call("one", "/cds-services").headers
    assert "Access-Control-Allow-Origin" not in browsed.web.get("/readyz", headers={"Origin": SANDBOX}).headers


def test_without_origins_browsers_are_told_nothing(tmp_path):
    """S-35: EHR back ends need no CORS."""
    parties = Parties(tmp_path, [{"name": "one"}])
    for answer in (parties.web.options(SIGN, headers={"Origin": SANDBOX}), parties.call("one", "/cds-services")):
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
        assert "Vary" not in answer.headers
