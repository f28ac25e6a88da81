"""Five mistakes of content that matter most: each is an error or a warning at its place, with what to do about it."""

import re

import pytest
from broken_content import FOLDER, load

SITE = FOLDER.parents[1] / "tests" / "site" / "broken"
CASES = {
    "unknown-system": ("unknown-system", "fhir-unknown-system"),
    "check-digit": ("check-digit-loinc", "check-digit-snomed", "fhir-check-digit"),
    "overlapping-exclusion": ("overlapping-exclusion", "fhir-overlapping-exclusion"),
    "out-of-bounds": ("out-of-bounds",),
}
"""Lints, and the broken contents that bring each about."""
PLACE = re.compile(r"^\S+:\d+:\d+: (?:error|warning)\[([a-z-]+)\] ")


def told(words):
    """The lint and the lines after the caret of each message."""
    for message in words.strip().split("\n\n"):
        head, _, _, *advice = message.splitlines()
        yield PLACE.match(head)[1], [line.strip() for line in advice]


@pytest.mark.parametrize(("lint", "name"), [(lint, name) for lint, names in CASES.items() for name in names])
def test_the_mistake_has_a_place_and_a_remedy(lint, name):
    """File, line and column at the head, and a sentence on what to do at the end."""
    ((found, advice),) = told(load(FOLDER / f"{name}.yaml")["says"])
    assert found == lint
    assert advice[-1].endswith(".")


@pytest.mark.parametrize(("name", "lint"), [("expired", "profile-ended"), ("bounds", "out-of-bounds")])
def test_the_mistake_of_a_site_file_has_a_place_and_a_remedy(name, lint):
    """An expired profile, and a parameter outside its bounds."""
    messages = [advice for found, advice in told((SITE / f"{name}.txt").read_text()) if found == lint]
    assert messages
    assert all(advice for advice in messages)
