"""Which findings are shown on a hook, and what takes a finding back."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cds.chart.arrive import arrive, missing
from cds.chart.chart import Chart, Source
from cds.chart.page import read_page
from cds.facts.case import Case as Patient
from cds.findings.decide import decide
from cds.language.plan import Case, Finding, Rule
from cds.language.template import Template
from cds.values.diagnostic import Position
from cds.values.known import Reason

AT = Position("rules/made/up.yaml", 1, 1)
UTC = ZoneInfo("UTC")
EMPTY = Template(())


def finding(id, indicator="warning", replaces=(), beside=()):
    """A case that always holds, and ends in a finding."""
    return Case(AT, ((),), Finding(id, indicator, EMPTY, EMPTY, EMPTY, EMPTY, replaces=replaces, beside=beside))


def rule(case, phases=("initial",), safety_critical=True, name="", others=()):
    """A rule of one case that holds; others after it never do."""
    called = name or case.finding.id
    cases = (case, *others)
    return Rule(called, called, "1", "active", AT, "t", frozenset(phases), safety_critical, (), (), cases, {})


def decided(plan, *cases_or_rules, hook="order-sign", withhold=None, patient=None):
    """What became of each rule, by name."""
    rules = tuple(each if isinstance(each, Rule) else rule(each) for each in cases_or_rules)
    made_up = replace(plan, rules=rules, withhold=withhold or {})
    found = decide(made_up, patient or Patient(Chart({}), date(2026, 11, 24), UTC), hook)
    return {each.rule.name: (str(each.verdict), each.because_of) for each in found.all}


def verdicts(*args, **kwargs):
    """The verdicts alone."""
    return {name: verdict for name, (verdict, _) in decided(*args, **kwargs).items()}


def test_a_rule_of_another_phase_does_not_apply(plan):
    """The phase is decided first; other rules are not even evaluated."""
    assert verdicts(plan, rule(finding("A"), ("continuation",)), rule(finding("B"), ("restart", "initial"))) == {
        "A": "not_this_phase",
        "B": "shown",
    }


@pytest.mark.parametrize(
    ("hook", "indicator", "verdict"),
    [
        ("order-sign", "critical", "shown"),
        ("order-sign", "warning", "shown"),
        ("order-sign", "info", "shown"),
        ("order-select", "critical", "shown"),
        ("order-select", "warning", "shown"),
        ("order-select", "info", "not_on_this_hook"),
        ("encounter-start", "critical", "not_on_this_hook"),
    ],
)
def test_the_hook_decides_which_indicators_are_shown(plan, hook, indicator, verdict):
    """While an order is selected only warnings and criticals; a critical on every order hook; nothing on others."""
    assert verdicts(plan, finding("A", indicator), hook=hook) == {"A": verdict}


def test_a_finding_is_replaced_by_one_that_makes_it_pointless(plan):
    """The replaced finding is on no card, and the decision says which one replaced it."""
    assert decided(plan, finding("A", replaces=("B", "X")), finding("B"), finding("C")) == {
        "A": ("shown", ""),
        "B": ("replaced", "A"),
        "C": ("shown", ""),
    }


def test_a_finding_that_is_not_shown_replaces_nothing(plan):
    """An info finding on order-select is not seen, so it makes nothing pointless."""
    assert verdicts(plan, finding("A", "info", replaces=("B",)), finding("B"), hook="order-select") == {
        "A": "not_on_this_hook",
        "B": "shown",
    }
    other = rule(finding("A", "critical", replaces=("B",)), ("continuation",))
    assert verdicts(plan, other, finding("B")) == {"A": "not_this_phase", "B": "shown"}


def test_what_could_not_be_checked_is_never_replaced(plan):
    """A rule that could not be checked stays on the list, whatever else is found."""
    open_rule = rule(Case(AT, ((),), not_checked="a check"), name="B", others=(finding("B"),))
    assert verdicts(plan, finding("A", "critical", replaces=("B",)), open_rule)["B"] == "not_checked"


@pytest.mark.parametrize(("indicator", "verdict"), [("warning", "not_checked"), ("info", "not_on_this_hook")])
def test_a_check_is_missed_only_where_its_finding_could_be_shown(plan, indicator, verdict):
    """On order-select nobody is told of a check that could at most have led to an info finding."""
    open_rule = rule(Case(AT, ((),), not_checked="a check"), name="B", others=(finding("B", indicator),))
    assert verdicts(plan, open_rule, hook="order-select") == {"B": verdict}


@pytest.mark.parametrize(("indicator", "verdict"), [("critical", "withheld"), ("warning", "shown"), ("info", "shown")])
def test_counselling_is_withheld_beside_a_critical_finding_of_any_topic(plan, indicator, verdict):
    """Beside what forbids the drug nobody counsels about lip balm."""
    withhold = {"B": frozenset({"critical"})}
    found = decided(plan, finding("A", indicator), finding("B", "info"), withhold=withhold)
    assert found["B"] == (verdict, "A" if verdict == "withheld" else "")


def test_a_replaced_critical_withholds_nothing(plan):
    """Only a critical finding that is shown withholds."""
    withhold = {"C": frozenset({"critical"})}
    found = verdicts(plan, finding("A", replaces=("B",)), finding("B", "critical"), finding("C"), withhold=withhold)
    assert found == {"A": "shown", "B": "replaced", "C": "shown"}


def test_a_companion_is_shown_beside_its_finding_only(plan):
    """A line that only adds to another finding never makes a card of its own."""
    assert verdicts(plan, finding("A"), finding("B", "info", beside=("A", "X"))) == {"A": "shown", "B": "shown"}
    assert decided(plan, finding("B", "info", beside=("A",))) == {"B": ("alone", "A")}


def test_a_companion_of_a_replaced_finding_is_alone(plan):
    """When its finding is taken back, the companion goes with it."""
    found = verdicts(plan, finding("A", replaces=("B",)), finding("B"), finding("C", "info", beside=("B",)))
    assert found == {"A": "shown", "B": "replaced", "C": "alone"}


def test_the_shipped_pack_replaces_and_withholds_as_the_specification_says(plan):
    """PREG-01 replaces test and contraception findings, CONTRA-05 and MOOD-04 their lesser ones; COUNSEL-01 waits."""
    replaces = {
        case.finding.id: set(case.finding.replaces)
        for each in plan.rules
        for case in each.cases
        if case.finding and case.finding.replaces
    }
    assert replaces["PREG-01"] >= {"PREG-03", "PREG-04", "CONTRA-01", "CONTRA-02", "CONTRA-03", "CONTRA-05"}
    assert replaces["CONTRA-05"] >= {"CONTRA-01", "CONTRA-02"}
    assert replaces["MOOD-04"] >= {"MOOD-01", "MOOD-02", "MOOD-03"}
    assert plan.withhold["COUNSEL-01"] == {"critical"}


def test_finding_ids_belong_to_one_rule_each(plan):
    """An id is used by one rule file only, so that feedback can be told apart."""
    holders = {}
    for each in plan.rules:
        for case in each.cases:
            if case.finding is not None:
                holders.setdefault(case.finding.id, set()).add(each.name)
    assert {id: names for id, names in holders.items() if len(names) > 1} == {}


# ------------------------------------------------------------------ reasons


def patient(plan, reason=None, group="labs"):
    """A patient of an empty chart, in which one group could not be had."""
    empty = read_page({"resourceType": "Bundle"})
    arrivals = {
        name: missing(each, reason)
        if reason is not None and name == group
        else arrive(each, [empty], "p", UTC, Source.PREFETCH)
        for name, each in plan.groups.items()
    }
    return Patient(Chart(arrivals), date(2026, 11, 24), UTC)


@pytest.mark.parametrize("reason", [Reason.NOT_SUPPLIED, Reason.TIMED_OUT, Reason.FETCH_FAILED, Reason.NOT_PERMITTED])
def test_what_could_not_be_checked_carries_its_reasons(plan, reason):
    """The decision says why, with the group concerned, each reason once."""
    found = decide(plan, patient(plan, reason), "order-sign")
    (baseline,) = [each for each in found.all if each.rule.name == "baseline-triglycerides"]
    assert baseline.verdict == "not_checked"
    assert [(each.reason, each.group) for each in baseline.why] == [(reason, "labs")]


@pytest.mark.parametrize(("critical", "verdict"), [(True, "not_checked"), (False, "silent")])
def test_data_that_a_site_never_has_silence_only_what_is_not_safety_critical(plan, critical, verdict):
    """A rule whose data are declared as never offered is silent, unless safety rests on it."""
    (found,) = [each for each in plan.rules if each.name == "baseline-triglycerides"]
    changed = replace(found, safety_critical=critical)
    result = decide(replace(plan, rules=(changed,)), patient(plan, Reason.NOT_OFFERED), "order-sign")
    assert [str(each.verdict) for each in result.all] == [verdict]


def test_every_rule_is_decided_exactly_once_in_pack_order(plan):
    """Whatever the chart, each rule has one verdict."""
    for reason in (None, Reason.TIMED_OUT):
        for group in plan.groups:
            found = decide(plan, patient(plan, reason, group), "order-sign")
            assert [each.rule.name for each in found.all] == [each.name for each in plan.rules]
