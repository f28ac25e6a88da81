"""The compose file: locked down, with secrets by file, and with one way in."""

import re

import pytest
from deploy_files import (
    DEPLOY,
    GRACE_S,
    argument,
    compose,
    image_environment,
    known_variables,
    own_variables,
)

SERVICES = compose()["services"]
each_service = pytest.mark.parametrize("name", SERVICES)


@each_service
def test_a_service_has_no_more_rights_than_it_needs(name):
    """Read-only root, no capability, no new privilege, no root, bounded memory, processor and processes."""
    found = SERVICES[name]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "cap_add" not in found
    assert "privileged" not in found
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", found["user"])
    assert {"mem_limit", "cpus", "pids_limit"} <= set(found)
    assert "/tmp" in [each.split(":size=")[0] for each in found["tmpfs"]]  # noqa: S108 - a mount of the container


@each_service
def test_a_service_is_watched_and_ended_in_time(name):
    """A health check of its own or of its image, and more time to end than calls under way are given."""
    found = SERVICES[name]
    assert "healthcheck" in found or argument("HEALTHCHECK")
    assert found["restart"] == "unless-stopped"
    assert int(found["stop_grace_period"].removesuffix("s")) > GRACE_S


@each_service
def test_an_image_is_named_with_its_version(name):
    """No tag that moves from release to release."""
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.match(r"\d", tag), SERVICES[name]["image"]


@each_service
def test_secrets_come_as_files(name):
    """Every secret is declared, lies in the folder of secrets, and no password stands in a variable."""
    found = SERVICES[name]
    declared = compose()["secrets"]
    assert set(found["secrets"]) <= set(declared)
    assert all(declared[each]["file"] == f"./secrets/{each}" for each in found["secrets"])
    for variable, value in found.get("environment", {}).items():
        if re.search(r"PASSWORD|DATABASE", variable):
            assert variable.endswith("_FILE"), variable
            assert str(value).removeprefix("/run/secrets/") in found["secrets"]


def test_the_service_is_told_what_the_program_reads():
    """No setting is lost to a misspelt name."""
    names = own_variables(SERVICES["service"]["environment"])
    assert names
    assert names <= known_variables()


def test_the_service_runs_as_the_user_of_its_image():
    """The volume belongs to the user that the image made."""
    service = SERVICES["service"]
    assert service["user"] == argument("USER")
    assert f"data:{image_environment()['ISOTRETINOIN_CDS_DATA']}" in service["volumes"]


def test_the_service_finds_its_site_file_in_a_mounted_folder():
    """The folder is mounted and not the file, so that a replaced file is seen at the next reload."""
    (mount,) = [each for each in SERVICES["service"]["volumes"] if isinstance(each, dict)]
    assert image_environment()["ISOTRETINOIN_CDS_SITE"] == f"{mount['target']}/site.yaml"
    assert mount["read_only"] is True


def test_only_the_proxy_can_be_reached_from_outside():
    """One published port, of the proxy; the database is on a network without a way out."""
    assert [name for name, found in SERVICES.items() if "ports" in found] == ["proxy"]
    assert SERVICES["database"]["networks"] == ["inside"]
    assert "inside" not in SERVICES["proxy"]["networks"]
    assert compose()["networks"]["inside"] == {"internal": True}


def test_the_proxy_is_that_of_the_checkout_and_knows_the_service():
    """The mounted configuration exists, and names the service, its port and the secrets as the compose file does."""
    (mount,) = SERVICES["proxy"]["volumes"]
    text = (DEPLOY / mount["source"]).read_text(encoding="utf-8")
    assert f"server service:{argument('EXPOSE')};" in text
    assert set(re.findall(r"^\s*ssl_certificate\w* +/run/secrets/(\S+);", text, re.MULTILINE)) == {"tls.crt", "tls.key"}
    (port,) = SERVICES["proxy"]["ports"]
    assert f"listen {port.split(':')[1]} ssl;" in text


def test_the_service_waits_for_a_database_that_answers():
    """Its tables are made at its start."""
    assert SERVICES["service"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["proxy"]["depends_on"] == {"service": {"condition": "service_healthy"}}
