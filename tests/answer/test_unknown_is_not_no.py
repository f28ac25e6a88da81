"""What could not be had never turns into silence: groups missing, refused, broken, late, or cut short."""

import json
import re

import pytest
from answer_samples import ORDERED, PACK, PROFILES, TODAY, Service, prefetched, searchset, vignette, words

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.settings import Settings
from cds.web.edge import edges

GROUPS = ("patient", "labs", "answers", "conditions", "procedures", "medications", "allergies", "orders", "role")
PEOPLE = ORDERED["us"]
UNAVAILABLE = {
    "an OperationOutcome": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
    "an outcome in a Bundle": searchset([{"resourceType": "OperationOutcome", "issue": [{"severity": "fatal"}]}]),
    "a number": 17,
    "a text": "not found",
    "an empty object": {},
    "an empty array": [],
    "a Bundle of scalars": {"resourceType": "Bundle", "entry": 5},
}
NAMES = re.compile(r'"(id|value|family|given)": ("[^"]*"|\[[^]]*\])|(?<="birthDate": "...).......')
QUIET = ("silent", "not_this_phase", "alone")
DECIDED = {("labs", "PREG-01")}
"""Of a patient whom birth sex exempts, unread pregnancy tests are no news: a decision, said in the rule's file."""
MAY_BE_THE_CAUSE = {("V44.us", "labs"): "high-triglycerides", ("V56.us", "medications"): "tetracycline"}
"""Patient and group whose broken entries may be just what a rule warns of."""


@pytest.fixture(scope="module")
def sent():
    """Request and complete prefetch of each patient, worked out once."""
    made = {}

    def of(service, name):
        if name not in made:
            request, chart = vignette(name)
            made[name] = (request, prefetched(service.groups(), request, chart))
        return made[name]

    return of


def decisions(result):
    return {each.rule.name: each for each in result.decisions.all}


def lent(members, lender, borrower):
    """Prefetch members of one patient as another's."""
    ids = [name.lower().replace(".", "-") for name in (lender, borrower)]
    return json.loads(json.dumps(members).replace(*ids))


def reachable(service, sent, group, borrower):
    """What the group may hold: nothing, or what any other patient has in it, but for names and ids; each once."""
    yield None if group in ("patient", "role") else searchset([])
    seen = set()
    for lender in (*ORDERED["us"], *ORDERED["uk"]):
        content = lent(sent(service, lender)[1][group], lender, borrower)
        key = NAMES.sub("", json.dumps(content))
        if key not in seen:
            seen.add(key)
            yield content


def silenced(service, sent, group, people):
    """Findings above info that a chart state gives, where the same chart without the group keeps quiet."""
    for name in people:
        request, complete = sent(service, name)
        without = {key: value for key, value in complete.items() if key != group}
        missing = service.answer({**request, "prefetch": without})
        held = decisions(missing)
        for content in reachable(service, sent, group, name):
            full = service.answer({**request, "prefetch": {**complete, group: content}})
            for rule, decision in decisions(full).items():
                grave = decision.verdict == "shown" and decision.finding.indicator != "info"
                if grave and held[rule].verdict in QUIET:
                    yield name, decision.finding.id, held[rule], missing


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_rule_is_quiet_about_a_missing_group_only_if_no_content_of_it_would_make_it_speak(
    services, sent, group, profile
):
    """Where a group was not read, no rule keeps quiet whose warning some content of that group would bring out.

    But for one case that the specification settles: where the history cannot be read, the order is taken as a first
    one, the rules of a running course do not apply, and the first card says so.
    """
    for name, finding, quiet, missing in silenced(services[profile], sent, group, ORDERED[profile]):
        if (group, finding) in DECIDED:
            continue
        assert (quiet.verdict, missing.decisions.phase) == ("not_this_phase", "unknown"), (name, finding)
        assert "Earlier treatment could not be checked" in missing.cards[0].detail, (name, finding)


def test_an_exemption_by_birth_sex_needs_the_data_that_could_contradict_it(service, sent):
    """Specification 7, step 6: birth sex M exempts where nothing contradicts; what was not read was not looked at."""
    request, complete = sent(service, "V01.us")
    without = {key: complete[key] for key in complete if key not in ("conditions", "procedures", "medications")}
    result = service.answer({**request, "prefetch": without})
    assert decisions(result)["capacity-to-get-pregnant"].verdict == "not_checked"


def test_unread_tests_are_no_news_of_a_patient_whom_birth_sex_exempts(service, sent):
    """A line on pregnancy tests for every patient of birth sex M whose results are missing would be noise."""
    request, complete = sent(service, "V01.us")
    without = {key: value for key, value in complete.items() if key != "labs"}
    result = service.answer({**request, "prefetch": without})
    assert decisions(result)["pregnancy-on-record"].verdict == "silent"


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", UNAVAILABLE)
def test_unusable_content_counts_as_missing(service, sent, group, kind):
    """An outcome, garbage or a scalar in place of a group leads to the same verdicts as no group at all."""
    for name in ("V01.us", "V12.us", "V28.us", "V39.us", "V49.us", "V50.us"):
        request, complete = sent(service, name)
        without = {key: value for key, value in complete.items() if key != group}
        missing = service.answer({**request, "prefetch": without})
        broken = service.answer({**request, "prefetch": {**without, group: UNAVAILABLE[kind]}})
        assert verdicts_of(broken) == verdicts_of(missing), name


@pytest.mark.parametrize("group", [each for each in GROUPS if each != "patient"])
def test_resources_that_cannot_be_read_silence_no_topic(service, sent, group):
    """Where every entry of a group is broken, a topic that warns of the real content warns, or is not checked."""
    for name in PEOPLE:
        request, complete = sent(service, name)
        full = service.answer({**request, "prefetch": complete})
        broken = service.answer({**request, "prefetch": {**complete, group: [1, "x", None]}})
        warned = {each.rule.topic for each in full.decisions.shown if each.finding.indicator != "info"}
        speaks = {each.rule.topic for each in broken.decisions.all if each.verdict in ("shown", "not_checked")}
        assert warned <= speaks, name


@pytest.mark.parametrize(("name", "group"), MAY_BE_THE_CAUSE)
def test_a_broken_resource_may_be_what_a_rule_warns_of(service, sent, name, group):
    """Design, sections 3 and 6: what cannot be read is unknown for "is there none?"; here it may be the cause."""
    request, complete = sent(service, name)
    broken = service.answer({**request, "prefetch": {**complete, group: [1, "x", None]}})
    assert decisions(broken)[MAY_BE_THE_CAUSE[name, group]].verdict in ("shown", "not_checked")


def verdicts_of(result):
    return {rule: (each.verdict, each.finding and each.finding.id) for rule, each in decisions(result).items()}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", ["V12.us", "V28.us", "V39.us", "V49.us", "V50.us"])
def test_a_server_that_fails_or_hangs_counts_as_missing(service, sent, name, group):
    """A group that is asked for in vain, refused, answered with an error or not in time, has the verdicts of none."""
    request, complete = sent(service, name)
    without = {key: value for key, value in complete.items() if key != group}
    missing = verdicts_of(service.answer({**request, "prefetch": without}))
    kind = service.plan.groups[group].type
    hurried = Service(service.ready)
    hurried.edge = edges(Settings(open=True, today=TODAY, public_url="http://cds.test", budget_ms=80))
    for faults in (Faults(status={kind: 500}), Faults(status={kind: 403}), Faults(body=b"<html>"), Faults(hang=True)):
        with LoopbackFhir([], faults=faults) as fhir:
            asked = hurried if faults.hang else service
            result = asked.answer({**request, "prefetch": without, "fhirServer": fhir.base})
        assert verdicts_of(result) == missing


def test_what_could_not_be_checked_is_named_with_its_reason(service, sent):
    """Missing laboratory results lead to one card of the topic unavailable, which names the checks and the reason."""
    request, complete = sent(service, "V12.us")
    without = {key: value for key, value in complete.items() if key != "labs"}
    result = service.answer({**request, "prefetch": without})
    (card,) = [each for each in result.cards if each.source.topic.code == "unavailable"]
    assert card.indicator == "info"
    assert "baseline triglycerides" in card.detail
    assert "the laboratory results did not come with the request" in card.detail


@pytest.mark.parametrize("group", ["statements", "dispenses", "careteam", "encounters", "records"])
def test_an_optional_group_that_is_off_makes_nothing_unknown(service, sent, group):
    """No vignette sends optional groups, and none of them is named on a card."""
    request, complete = sent(service, "V12.us")
    result = service.answer({**request, "prefetch": complete})
    assert result.chart.arrivals[group].left_out
    assert service.plan.groups[group].title not in words(result)


def test_the_data_groups_looked_at_here_are_all_that_are_not_optional(service):
    """A group that is added to the pack must be added to this file."""
    needed = {group.name for group in service.groups() if not group.optional}
    assert needed == {*GROUPS, "roles"}
    assert service.plan.name == PACK
