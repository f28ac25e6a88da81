"""The commands that take a site file, and the service under one."""

import json
import subprocess
import sys

import pytest
from site_samples import EXAMPLE, HEAD, PACK, ROOT, TODAY, VIGNETTES, served, vignette

from cds.cli import main
from cds.errors import StartError
from cds.language.site_client import Client
from cds.language.site_decided import Decided
from cds.settings import Settings
from cds.values.diagnostic import Position
from cds.web.app import create_app
from cds.web.edge import may_read

REQUEST, CHART = (str(VIGNETTES / f"V54.us.{kind}.json") for kind in ("request", "chart"))
AT = ("--today", TODAY.isoformat())


@pytest.fixture
def run(capsys, tmp_path):
    """Run a command in this process: exit code, standard output, standard error; text after --site becomes a file."""

    def command(*arguments):
        words = [str(each) for each in arguments]
        for number, each in enumerate(words):
            if "\n" in each:
                path = tmp_path / "site.yaml"
                path.write_text(each)
                words[number] = str(path)
        code = main(words)
        return code, *capsys.readouterr()

    return command


def topics(out):
    """Topics and indicators of the cards that were printed."""
    return {(card["source"]["topic"]["code"], card["indicator"]) for card in json.loads(out)["cards"]}


def test_a_service_does_not_start_while_its_callers_cannot_be_known(tmp_path):
    """S-2: serve --site without --open names everything at once that is missing, each with its place."""
    site = tmp_path / "site.yaml"
    site.write_text(
        HEAD.replace("site: clinic", "site: clinic\npublic_url: http://cds.example.org")
        + "clients:\n  - {name: one, issuer: 'https://one.example.org'}\n  - {name: two}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "cds", "serve", "--site", str(site), "--allow-fhir", "https://x.example.org", *AT],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert len(said) == 6
    for what in (
        "site clinic: public_url http://cds.example.org is not of https",
        "site.yaml:6:5: client one has no keys",
        "site.yaml:7:5: client two has no issuer",
        "site.yaml:7:5: client two has no keys",
        "--today is for trials",
        "--allow-fhir is for trials",
    ):
        assert any(what in line for line in said), what


def test_evaluate_answers_as_the_site_would(run):
    """--site changes cards; --client chooses among its clients; --profile is then the site's."""
    site = HEAD + "rules: {isotretinoin/dermatology-supervision: {parameters: {indicator: warning}, because: x}}\n"
    plain = run("evaluate", REQUEST, "--chart", CHART, *AT)
    changed = run("evaluate", REQUEST, "--chart", CHART, *AT, "--site", site)
    assert (plain[0], changed[0]) == (0, 0)
    assert ("supervision", "info") in topics(plain[1])
    assert ("supervision", "warning") in topics(changed[1])


def test_explain_names_site_and_client(run):
    """The first line of an explanation says under whose settings it came about."""
    code, out, _ = run("explain", REQUEST, "--chart", CHART, *AT, "--site", EXAMPLE, "--client", "outpatient-clinic")
    assert code == 0
    assert "site example-clinic · client outpatient-clinic" in out.splitlines()[0]
    assert "not_offered allergies (kept in a system of its own that no interface reaches)" in out
    assert "silent although it could not be checked: the pharmacy checks excipients" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--site", "nowhere.yaml"], "--site nowhere.yaml cannot be read"),
        (["--client", "x"], "clients stand in a site file"),
        (["--site", EXAMPLE, "--client", "x"], "there are: main-hospital, outpatient-clinic"),
    ],
)
def test_what_cannot_be_found_is_said_in_a_sentence(run, arguments, said):
    """Exit code 2 and one line, never a trace."""
    code, out, err = run("evaluate", REQUEST, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_site_file_and_a_profile_exclude_each_other(run, capsys):
    """The site file names the profile; a second one beside it is refused."""
    with pytest.raises(SystemExit) as ended:
        run("evaluate", REQUEST, "--site", EXAMPLE, "--profile", "uk-2026")
    assert ended.value.code == 2


def test_a_broken_site_file_ends_with_1_and_its_places(run):
    """evaluate and check show the same diagnostics, each with its line."""
    broken = HEAD + "rules: {isotretinoin/high-lat: {mode: off, because: x}}\n"
    for command in (["evaluate", REQUEST], ["check"]):
        code, out, err = run(*command, "--site", broken)
        assert code == 1
        assert "site.yaml:4:9: error[unknown-rule] no rule is called isotretinoin/high-lat" in out + err
        assert "Did you mean isotretinoin/high-alt or" in out + err


def test_check_tells_what_a_site_file_does(run):
    """A sound file: exit 0, and for each client what is not shown and what is lost."""
    code, out, _ = run("check", "--site", EXAMPLE, *AT)
    assert code == 0
    assert "isotretinoin for client outpatient-clinic, profile us-rems-2026:" in out
    assert "lost without allergies: peanut-and-soya" in out
    assert out.endswith("\nNo findings.\n")
    assert run("check", "--site", "nowhere.yaml")[0] == 2


def test_the_service_answers_each_client_under_its_own_settings(content, fhir):
    """Over HTTP: the FHIR server of the call tells the client; its groups, actions and modes are in the answer."""
    words = f"""{HEAD}clients:
  - name: mine
    fhir: {{base: '{fhir.base}'}}
    cards: {{actions: []}}
    rules: {{isotretinoin/dermatology-supervision: {{mode: off, because: x}}}}
"""
    ready, settings = served(content, words)
    web = create_app(ready, settings).test_client()
    request, chart = vignette("V54.us")
    fhir.store = type(fhir.store)([chart])
    url = f"/cds-services/{PACK}-{request['hook']}"
    mine = web.post(url, json={**request, "fhirServer": fhir.base}).json["cards"]
    other = web.post(url, json={**request, "fhirServer": "http://127.0.0.1:9/fhir"}).json["cards"]
    assert [each["source"]["topic"]["code"] for each in mine] == ["counselling"]
    assert not any(each.get("suggestions") for each in mine)
    assert any(each.get("suggestions") for each in other)
    assert web.get("/readyz").json["profile"] == "us-rems-2026"


def test_only_servers_of_the_site_file_may_be_read_besides_this_computer(content):
    """S-22, S-23: the base of a client is allowed as one given by --allow-fhir is, and nothing near it."""
    _, settings = served(content, HEAD + "clients: [{fhir: {base: 'https://ehr.example.org/fhir/'}}]\n")
    allowed = may_read(settings)
    assert allowed("https://ehr.example.org/fhir")
    assert allowed("http://127.0.0.1:1/fhir")
    assert not allowed("https://ehr.example.org/other")
    assert not allowed("http://ehr.example.org/fhir")


def test_an_open_service_without_a_site_file_still_counts_in_utc():
    """A time zone is a matter of the site file alone."""
    with pytest.raises(StartError, match="UTC"):
        Settings(open=True, timezone="Europe/Berlin")
    assert Client("x", Position("f", 1, 1), Decided("client x")).budget_ms is None


def test_the_sheet_tells_what_an_ehr_team_types_in(run):
    """integration: addresses, prefetch, SMART scopes, topic and override codes, orders; also as JSON."""
    code, out, _ = run("integration", "--site", EXAMPLE, "--client", "main-hospital", *AT)
    assert code == 0
    found = json.loads(run("integration", "--json", "--site", EXAMPLE, "--client", "main-hospital", *AT)[1])
    for service in found["services"]:
        assert service["url"] == f"https://cds.example.org/cds-services/{service['id']}"
        assert service["audience"] == service["url"]
        assert all(part in out for part in (service["url"], service["hook"], *service["prefetch"].values()))
    assert found["tokens"]["issuer"] == "https://ehr.example.org/fhir"
    assert found["tokens"]["seconds"] == 3600
    for line in ("  iss     https://ehr.example.org/fhir\n", "  alg     ES384 or RS384\n"):
        assert line in out
    assert "  kid     of a key of https://ehr.example.org/.well-known/jwks.json\n" in out
    scopes = {(each["v1"], each["v2"]) for each in found["scopes"]}
    assert ("patient/Observation.read", "patient/Observation.rs") in scopes
    assert ("patient/Patient.read", "patient/Patient.r") in scopes
    assert ("patient/Appointment.read", "patient/Appointment.rs") in scopes
    assert ("user/PractitionerRole.read", "user/PractitionerRole.rs") in scopes
    assert ("patient/Consent.read", "patient/Consent.rs") not in scopes
    codes = {code for each in found["topics"] for code in each["codes"]}
    assert {"labs", "labsCritical", "alsoCheckCritical", "unavailable"} <= codes
    assert "unavailableCritical" not in codes
    assert any(each["code"] == "done-elsewhere" for each in found["overrideReasons"])
    lipids = next(each for each in found["suggestions"] if each["name"] == "lipid-panel")
    assert lipids["code"]["coding"][0]["code"] == "LABLIPID"


def test_a_client_that_supplies_less_has_a_shorter_sheet(run):
    """What a client never supplies and cannot do is on no sheet of its own."""
    out = run("integration", "--site", EXAMPLE, "--client", "outpatient-clinic", *AT)[1]
    assert "AllergyIntolerance" not in out
    assert "delete" not in out.partition("Suggestions:")[2].partition("\n")[2]
    assert "today()" not in out
    assert run("integration", *AT)[1].startswith("Integration sheet\n\nDiscovery  http://127.0.0.1:8080/cds-services\n")


def test_every_topic_code_of_a_card_is_on_the_sheet(run):
    """An EHR that maps the codes of the sheet knows every card that the labelled patients get."""
    found = json.loads(run("integration", "--json", *AT)[1])
    codes = {code for each in found["topics"] for code in each["codes"]}
    overrides = {each["code"] for each in found["overrideReasons"]}
    for name in ("V01.us", "V28.us", "V54.us", "V60.us"):
        paths = [str(VIGNETTES / f"{name}.{kind}.json") for kind in ("request", "chart")]
        cards = json.loads(run("evaluate", paths[0], "--chart", paths[1], *AT)[1])["cards"]
        assert {each["source"]["topic"]["code"] for each in cards} <= codes
        assert {reason["code"] for each in cards for reason in each.get("overrideReasons", ())} <= overrides


def test_the_tests_of_rules_ignore_a_site(run):
    """test --site: the file is not even read, for a test sets what it tests."""
    path = ROOT / "rules" / PACK / "baseline-alt.test.yaml"
    assert run("test", "--site", "nowhere.yaml", path)[0] == 0
