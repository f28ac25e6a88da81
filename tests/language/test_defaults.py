"""Which profile holds where none is named is content."""

import pytest

from cds.errors import ContentError, StartError
from cds.language.defaults import PATH, SCHEMA, default_profile


def test_a_start_without_options_serves_the_pack_that_is_no_draft(content):
    """The shipped default is a profile of isotretinoin alone: the draft pack is served only where a site names it."""
    packs = {name.removesuffix("pack.yaml") for name in content if name.endswith("/pack.yaml")}
    having = {pack for pack in packs if f"{pack}profiles/{default_profile(content)}.yaml" in content}
    assert having == {"rules/isotretinoin/"}


def test_another_default_is_another_profile(content):
    """The program names none of its own."""
    assert default_profile({**content, PATH: b"profile: uk-2026\n"}) == "uk-2026"


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        (b"profile: [uk-2026]\n", 1, 10),
        (b"profiles: uk-2026\n", 1, 1),
        (b"{}\n", 1, 1),
        (b"profile: uk-2026\nprofile: eu\n", 2, 1),
        (b"profile: UK 2026\n", 1, 10),
        (b"", 1, 1),
        (b"- profile\n", 1, 1),
    ],
)
def test_a_broken_file_of_defaults_is_refused_with_its_place(content, written, line, column):
    """As any content, with file, line and column."""
    with pytest.raises(ContentError) as refused:
        default_profile({**content, PATH: written})
    at = {(each.at.file, each.at.line, each.at.column) for each in refused.value.diagnostics}
    assert (PATH, line, column) in at


def test_content_without_a_file_of_defaults_asks_for_a_profile(content):
    """What is missing, and what to do."""
    with pytest.raises(StartError, match=f"no {PATH}.*--profile"):
        default_profile({name: body for name, body in content.items() if name != PATH})


def test_the_schema_is_content_too(content):
    """Editors check the file as it is written."""
    assert SCHEMA in content
