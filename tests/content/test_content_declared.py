"""What the content declares about itself: source attributes, evidence, and profiles with their periods."""

from datetime import date
from itertools import combinations

import pytest
import yaml
from answer.answer_samples import PACK

from cds.settings import Settings
from cds.web.app import create_app

ATTRIBUTES = {
    2: ("developer",),
    3: ("funding",),
    4: ("released", "revised"),
    5: ("use_of_race",),
    6: ("use_of_ethnicity",),
    7: ("use_of_language",),
    8: ("use_of_sexual_orientation",),
    9: ("use_of_gender_identity",),
    10: ("use_of_sex",),
    11: ("use_of_date_of_birth",),
    12: ("use_of_social_determinants",),
    13: ("use_of_health_status_assessments",),
}
"""45 CFR 170.315(b)(11)(iv)(A)(2) to (13) by number; (1), the citation, is the evidence of each rule."""
PROFILES = ("au", "ca", "eu", "uk-2023", "uk-2026", "us-rems-2021", "us-rems-2023", "us-rems-2026")
FOREVER = date(9999, 12, 31)


@pytest.fixture(scope="module")
def pages(services):
    """The pages of the rules under the usual profile, by path."""
    ready = services["us"].ready
    client = create_app(ready, Settings(open=True, public_url="http://cds.test")).test_client()
    paths = [f"/rules/{PACK}", *(f"/rules/{PACK}/{rule.name}" for rule in ready.plans[PACK].rules)]
    return {path: client.get(path).text for path in paths}


def test_every_profile_compiles(plans):
    """A profile is read, proved and compiled without an error; none is forgotten in this file."""
    assert tuple(sorted(plans)) == PROFILES
    assert all(plan.rules for plan in plans.values())


@pytest.mark.parametrize("number", ATTRIBUTES)
def test_a_source_attribute_is_declared(content, number):
    """An attribute without a value says so; it is never blank or left out."""
    declared = yaml.load(content[f"rules/{PACK}/pack.yaml"], Loader=yaml.CBaseLoader)["attributes"]  # noqa: S506
    assert all(declared[name].strip() for name in ATTRIBUTES[number])
    assert set(declared) == {name for names in ATTRIBUTES.values() for name in names}


def test_a_source_attribute_is_none_only_where_no_data_are_used(plans):
    """Neither race, ethnicity, orientation nor gender identity is read: no retrieve and no patient element has one."""
    declared = plans["us-rems-2026"].attributes
    unused = ("race", "ethnicity", "sexual_orientation", "gender_identity", "social_determinants")
    assert {declared[f"use_of_{name}"] for name in unused} == {"None"}
    assert "None" not in {declared[f"use_of_{name}"] for name in ("sex", "date_of_birth", "health_status_assessments")}


def _label(name):
    return name.replace("_", " ")


def test_the_page_of_the_pack_shows_all_source_attributes(pages, plans):
    """Each attribute stands on the page of the pack, to which every page of a rule links."""
    for name in plans["us-rems-2026"].attributes:
        assert f"<dt>{_label(name)}</dt><dd>" in pages[f"/rules/{PACK}"], name
    assert all(f'href="/rules/{PACK}"' in html for html in pages.values() if "breadcrumb" in html.lower())


def test_the_page_of_a_rule_shows_all_source_attributes(pages, plans):
    """Each attribute stands on each page of a rule."""
    for path, html in pages.items():
        for name in plans["us-rems-2026"].attributes:
            assert _label(name) in html, (path, name)


def test_the_page_of_a_rule_cites_its_evidence(pages, plans):
    """The citation, the first of the attributes, stands on each page of a rule with its link and grade."""
    for rule in plans["us-rems-2026"].rules:
        html = pages[f"/rules/{PACK}/{rule.name}"]
        for source in rule.evidence:
            assert source.url.replace("&", "&amp;") in html
            assert f"({source.grade})" in html


@pytest.mark.parametrize("profile", PROFILES)
def test_the_evidence_of_a_rule_can_be_found(plans, profile):
    """Each rule has evidence, each with a title, a grade and an address that is reached by https."""
    for rule in plans[profile].rules:
        assert rule.evidence, rule.name
        for source in rule.evidence:
            assert source.title, rule.name
            assert source.grade, (rule.name, source.title)
            assert source.url.startswith("https://"), (rule.name, source.url)


def test_profiles_of_one_jurisdiction_do_not_overlap(plans):
    """On no day two profiles of a jurisdiction are in force, and none ends before it begins."""
    for one, other in combinations((plan.profile for plan in plans.values()), 2):
        if one.name.split("-")[0] == other.name.split("-")[0]:
            first, last = sorted((one, other), key=lambda each: each.effective_from)
            assert (first.effective_to or FOREVER) < last.effective_from, (one.name, other.name)
    assert all((p.profile.effective_to or FOREVER) >= p.profile.effective_from for p in plans.values())
