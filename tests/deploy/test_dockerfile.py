"""The image: what it is built of exists, what it starts is understood, and nothing in it needs root."""

import re
import tomllib

import pytest
from deploy_files import (
    ROOT,
    argument,
    copied,
    dockerfile,
    image_environment,
    is_understood,
    known_variables,
    own_variables,
)


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_exists_and_is_sent_to_the_builder(source):
    """Each file and folder of a COPY is in the checkout, and .dockerignore lets it through."""
    assert (ROOT / source).exists()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(source == each or source.startswith(f"{each}/") for each in allowed)


def test_nothing_else_is_sent_to_the_builder():
    """No history, no test, no secret: .dockerignore shuts everything out but what is copied."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_what_the_wheel_is_made_of_is_copied():
    """Packages, content, readme and licence that pyproject.toml puts into the wheel are all there to build it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    of_project = [project["project"]["readme"], *project["project"]["license-files"], "pyproject.toml"]
    assert {*wheel["packages"], *wheel["force-include"], *of_project} <= set(copied())


def test_the_image_starts_a_command_that_the_program_understands():
    """ENTRYPOINT and CMD together are a command line of the program."""
    words = re.findall(r'"([^"]*)"', argument("ENTRYPOINT") + argument("CMD"))
    assert is_understood(words)


def test_the_image_sets_variables_that_the_program_reads():
    """No setting is lost to a misspelt name."""
    names = own_variables(image_environment())
    assert names
    assert names <= known_variables()


def test_the_image_does_not_run_as_root():
    """USER is a number other than 0, which an orchestrator can check; the last one counts."""
    user, group = argument("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_the_image_is_fit_for_a_read_only_root():
    """Nothing is compiled when it runs, records have a volume, and the health check starts no foreign program."""
    found = image_environment()
    assert found["PYTHONDONTWRITEBYTECODE"] == "1"
    assert argument("VOLUME") == found["ISOTRETINOIN_CDS_DATA"]
    assert argument("EXPOSE") == found["ISOTRETINOIN_CDS_PORT"]
    assert argument("STOPSIGNAL") == "SIGTERM"
    assert 'CMD ["python",' in argument("HEALTHCHECK")


def test_every_install_of_the_image_is_from_a_hashed_lock():
    """Each pip install either checks hashes or takes the wheel that was just built, without an index."""
    installs = [
        step
        for name, value in dockerfile()
        if name == "RUN"
        for step in value.split("&&")
        if re.search(r"\bpip\b.*\b(install|wheel)\b", step)
    ]
    assert len(installs) == 4
    assert [step for step in installs if "--require-hashes" not in step and "--no-index" not in step] == []


def test_no_instruction_fetches_from_elsewhere_or_holds_a_secret():
    """No ADD, no download, and no argument or variable that looks like a password."""
    for name, value in dockerfile():
        assert name != "ADD"
        if name in ("ARG", "ENV", "LABEL", "RUN"):
            assert re.search(r"passw|secret|token|curl|wget|apt", value, re.IGNORECASE) is None, value
