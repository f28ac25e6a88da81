"""Off, shadow, show: what a site hears of a rule, and what its prescribers see."""

import pytest
from site_samples import HEAD, PACK, TODAY, answered, examined, findings, served, verdicts, vignette

from cds.findings.explain import as_text, explanation
from cds.language.report import Report
from cds.settings import Settings
from cds.web.services import load_ready


def asked(content, fhir, name, rules, client=""):
    """The answer for a labelled patient under settings of rules."""
    ready, settings = served(content, f"{HEAD}rules:\n{rules}" if rules else HEAD, client)
    request, chart = vignette(name)
    fhir.store = type(fhir.store)([chart])
    return answered(ready, settings, {**request, "fhirServer": fhir.base})


def test_a_rule_that_is_off_is_not_evaluated_and_says_so(content, fhir):
    """Off: no case, no card, none of its facts asked for; the explanation gives the site's reason."""
    result = asked(content, fhir, "V54.us", "  isotretinoin/dermatology-supervision: {mode: off, because: policy 9}\n")
    decision = next(each for each in result.decisions.all if each.rule.name == "dermatology-supervision")
    assert (decision.verdict, decision.case) == ("off", None)
    assert "DERM-01" not in findings(result)
    text = as_text(explanation(result.plan, result.patient, result.decisions))
    assert "dermatology-supervision 1.0.0: off, not evaluated\n  mode off: policy 9 (site clinic)\n" in text


def test_data_that_only_an_off_rule_wants_are_not_asked_for(content):
    """A data group that nothing else looks at leaves prefetch and discovery with the rule."""
    words = HEAD + "rules: {isotretinoin/dermatology-supervision: {mode: off, because: policy}}\n"
    usual, without = served(content, HEAD)[0], served(content, words)[0]
    assert "role" in usual.plans[PACK].needs["order-sign"]
    assert not {"role", "roles"} & set(without.plans[PACK].needs["order-sign"])
    assert b"userPractitionerRoleId" not in without.discovery


def test_a_rule_in_shadow_is_evaluated_recorded_and_never_shown(content, fhir):
    """Shadow: the answer holds the case and its finding, the cards do not."""
    result = asked(content, fhir, "V54.us", "  isotretinoin/dermatology-supervision: {mode: shadow, because: trial}\n")
    decision = next(each for each in result.decisions.all if each.rule.name == "dermatology-supervision")
    assert (decision.verdict, decision.finding.id) == ("shadow", "DERM-01")
    assert "DERM-01" not in findings(result)
    text = as_text(explanation(result.plan, result.patient, result.decisions))
    assert (
        "dermatology-supervision 1.0.0: in shadow, not shown DERM-01 (info)\n  mode shadow: trial (site clinic)" in text
    )


def test_a_rule_in_shadow_withholds_and_replaces_nothing(content, fhir):
    """A critical finding in shadow leaves what it would have replaced, and what is withheld beside it, on the cards."""
    shown = asked(content, fhir, "V28.us", "")
    ids = findings(shown)
    assert "PREG-01" in ids
    lead = next(each for each in shown.decisions.shown if each.finding.indicator == "critical")
    taken = {each.finding.id for each in shown.decisions.all if each.because_of == lead.finding.id}
    assert taken
    shadowed = asked(content, fhir, "V28.us", f"  isotretinoin/{lead.rule.name}: {{mode: shadow, because: trial}}\n")
    assert lead.finding.id not in findings(shadowed)
    assert taken <= {each.finding.id for each in shadowed.decisions.shown}


def test_what_a_rule_in_shadow_could_not_check_is_on_no_card(content):
    """Shadow: without any data the rule is named on no card, not even as one that could not be checked."""
    request, _ = vignette("V54.us")
    words = "rules: {isotretinoin/baseline-alt: {mode: shadow, because: trial}}\n"
    said = []
    for more in ("", words):
        result = answered(*served(content, HEAD + more), request)
        said.append((verdicts(result)["baseline-alt"], " ".join(each.detail for each in result.cards)))
    assert said[0][0] == "not_checked"
    assert "baseline ALT" in said[0][1]
    assert said[1][0] == "shadow"
    assert "baseline ALT" not in said[1][1]


@pytest.mark.parametrize(
    ("status", "mode", "expected"),
    [
        ("draft", "show", "shadow"),
        ("draft", "off", "off"),
        ("retired", "show", "off"),
        ("deprecated", "show", "show"),
        ("active", "shadow", "shadow"),
    ],
)
def test_the_lower_of_status_and_mode_wins(content, status, mode, expected):
    """No site shows a draft, and no status shows what a site keeps back."""
    name = "rules/isotretinoin/second-course.yaml"
    files = {**content, name: content[name].replace(b"status: active", f"status: {status}".encode())}
    ready, _ = served(files, HEAD + f"rules: {{isotretinoin/second-course: {{mode: {mode}, because: x}}}}\n")
    rule = next(each for each in ready.plans[PACK].rules if each.name == "second-course")
    assert rule.mode == expected
    alone = load_ready(files, "us-rems-2026", TODAY).plans[PACK]
    assert next(each for each in alone.rules if each.name == "second-course").mode == (
        "show" if status in ("active", "deprecated") else expected if mode == "show" else "shadow"
    )


def test_the_check_lists_what_is_not_shown(content):
    """Whoever reviews a site file reads which rules are off or in shadow, and why."""
    words = HEAD + "rules: {isotretinoin/high-alt: {mode: off, because: policy 7}}\n"
    ids, told = examined(content, words)
    assert ids == []
    assert "  off: high-alt, safety-critical: policy 7 (site clinic)" in told


def test_settings_carry_the_site(content):
    """Days are counted in the site's time zone, and the profile is the site's."""
    _, settings = served(content, HEAD.replace("UTC", "Asia/Tokyo"))
    assert (settings.timezone, settings.profile) == ("Asia/Tokyo", "us-rems-2026")
    assert Settings(open=True).timezone == "UTC"
    assert Report().errors == 0
