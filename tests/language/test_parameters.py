"""Parameters: values, bounds, options, and what a profile may set."""

import pytest
from tiny_content import FACTS, PROFILE, RULE, compiled, ids

WINDOW = "parameters:\n  window: {ask: How old?, default: 31 days, min: 14 days, max: 90 days}\n"
IN_RULE = RULE.replace(
    "cases:\n", WINDOW + "facts:\n  fresh: {ask: Fresh?, exists: results, dated_within: window}\ncases:\n", 1
)
IN_FACTS = WINDOW + FACTS.replace("dated_within: 31 days", "dated_within: window")


def parameter_of_rule(profile=PROFILE):
    plan, report = compiled(rule=IN_RULE, profile=profile)
    return plan.plan.rules[0].parameters["window"], ids(report)


def test_the_default_is_in_force():
    """Without a profile's word the rule's own value counts, and says where it came from."""
    found, messages = parameter_of_rule()
    assert (found.shown, found.origin, messages) == ("31 days", "rule", [])


def test_a_profile_sets_a_value_within_the_bounds():
    """A profile's value counts, and says where it came from."""
    found, messages = parameter_of_rule(PROFILE + "rules: {only: {window: 21 days}}\n")
    assert (found.shown, found.origin, messages) == ("21 days", "profile here", [])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("14 days", []),
        ("90 days", []),
        ("13 days", ["out-of-bounds"]),
        ("91 days", ["out-of-bounds"]),
        ("21", ["bounds-unit", "bounds-unit"]),
        ("21 mg/dL", ["bounds-unit", "bounds-unit"]),
        ("soon", ["bounds-unit"]),
    ],
)
def test_bounds_are_kept_by_profiles(value, message):
    """The bounds themselves are allowed; beyond them, in another unit, or as a word a value is refused."""
    _, report = compiled(facts=IN_FACTS, profile=PROFILE + f"parameters: {{window: {value}}}\n")
    assert sorted({*ids(report)} - {"setting"}) == sorted(set(message))


def test_a_profile_cannot_set_what_is_not_there():
    """A misspelt parameter is reported with the nearest names."""
    _, report = compiled(facts=IN_FACTS, profile=PROFILE + "parameters: {windov: 21 days}\n")
    assert [(each.id, each.remedy) for each in report.found] == [("unknown-parameter", "Did you mean window?")]


@pytest.mark.parametrize(("value", "message"), [("warning", []), ("info", []), ("critical", ["not-an-option"])])
def test_options_are_closed(value, message):
    """A word must be among the options."""
    rule = RULE.replace(
        "cases:\n", "parameters:\n  how: {ask: How?, default: info, one_of: [info, warning]}\ncases:\n", 1
    )
    rule = rule.replace("indicator: warning", "indicator: {profile: how}")
    plan, report = compiled(rule=rule, profile=PROFILE + f"rules: {{only: {{how: {value}}}}}\n")
    assert [each for each in ids(report) if each != "indicator"] == message
    assert message or plan.plan.rules[0].cases[1].finding.indicator == value


def test_a_parameter_of_a_rule_goes_before_one_of_the_pack():
    """The nearest name counts."""
    rule = IN_RULE.replace("default: 31 days", "default: 60 days").replace(
        "headline: No result", "headline: 'None in {window}'"
    )
    plan, report = compiled(rule=rule, facts=IN_FACTS)
    assert ids(report) == []
    assert plan.plan.rules[0].cases[1].finding.headline.parts == ("None in 60 days",)
