from datetime import date

import pytest

from cds.errors import StartError
from cds.settings import Settings
from cds.web.edge import may_read


def refused(**values):
    """What is said of settings that do not hold."""
    with pytest.raises(StartError) as caught:
        Settings(**values)
    return str(caught.value).splitlines()


def test_everything_that_is_wrong_is_said_at_once():
    """Whoever starts the service mends all settings in one go."""
    said = refused(open=True, host="10.0.0.1", port=0, workers=0, threads=0, budget_ms=0, max_body=1, allow_fhir=("x",))
    assert len(said) == 7
    assert any("--host 10.0.0.1" in each for each in said)
    assert any("--allow-fhir x" in each for each in said)


def test_settings_that_are_not_open_need_a_site_file():
    """S-2: no code can make an application that is neither open nor authenticated; a fixed day needs --open too."""
    said = refused(today=date(2026, 1, 1))
    assert "site file" in said[0]
    assert "--today" in said[1]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Nowhere/Land", "../etc/passwd"])
def test_an_open_service_counts_days_in_utc(zone):
    """Another zone than UTC is a matter of the site file."""
    assert "timezone" in refused(open=True, timezone=zone)[0]


@pytest.mark.parametrize(
    "base", ["ftp://x/fhir", "https://u:p@x/fhir", "https://x/fhir?a=1", "https://[", "", "https://"]
)
def test_what_is_no_fhir_base_cannot_be_allowed(base):
    """S-23: an allowed FHIR server is named by its base, whole and plain."""
    assert "--allow-fhir" in refused(open=True, allow_fhir=(base,))[0]


def test_the_public_address_follows_the_bound_one():
    """Links in cards lead to the address that is bound, unless another was given."""
    assert Settings(open=True, host="::1", port=81).public_url == "http://[::1]:81"
    assert Settings(open=True, public_url="https://cds.example.org/x/").public_url == "https://cds.example.org/x"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/fhir", True),
        ("http://localhost/fhir", True),
        ("http://[::1]:1/", True),
        ("https://fhir.example.org/r4", True),
        ("https://fhir.example.org/r4/", True),
        ("https://fhir.example.org:443/r4", True),
        ("https://fhir.example.org/r4/other", False),
        ("https://fhir.example.org/", False),
        ("http://fhir.example.org/r4", False),
        ("https://fhir.example.org:8443/r4", False),
        ("https://fhir.example.org.evil.test/r4", False),
        ("https://127.0.0.1@evil.test/r4", False),
        ("https://evil.test/127.0.0.1", False),
        ("http://localhost.evil.test/", False),
        ("http://169.254.169.254/latest", False),
    ],
)
def test_which_fhir_servers_may_be_read(url, allowed):
    """S-22, S-23: servers on this computer, and those allowed by the same scheme, host, port and path."""
    assert may_read(Settings(open=True, allow_fhir=("https://fhir.example.org/r4",)))(url) is allowed
