"""What holds of every chart: tried on labelled patients with resources dropped, shuffled, cut into pages, or mixed."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from answer_samples import (
    ALL,
    ORDERED,
    TODAY,
    by_topic,
    chart_of,
    labels,
    lasting,
    prefetched,
    resources,
    searchset,
    vignette,
    words,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.authoring.loopback import Faults
from cds.authoring.loopback_store import Store
from cds.chart.arrive import arrive
from cds.chart.chart import Chart, Source
from cds.chart.page import read_page
from cds.facts.chartwork import run
from cds.language.fact import closure
from cds.wire.response import render

PEOPLE = ORDERED["us"]
PEOPLE_TYPES = ("Patient", "Practitioner", "PractitionerRole", "Organization")
QUIET = ("silent", "not_this_phase", "alone")
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@st.composite
def thinned(draw):
    """A labelled patient's request, and the chart with a random part of the clinical resources left out."""
    request, chart = vignette(draw(st.sampled_from(PEOPLE)))
    chance = draw(st.sampled_from([0.1, 0.5, 0.9]))
    dice = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - no secret
    everything = resources(chart)
    kept = [each for each in everything if each["resourceType"] in PEOPLE_TYPES or dice.random() > chance]
    return request, chart_of(kept)


# ------------------------------------------------------------------ prefetch and search


@given(thinned())
@settings(shared, max_examples=60)
def test_a_thinned_chart_gets_the_same_cards_by_prefetch_and_by_search(service, fhir, given_chart):
    """Where the data come from changes no card, whatever the chart lacks."""
    request, chart = given_chart
    by_search = service.by_search(fhir, request, chart)
    assert lasting(by_search) == lasting(service.by_prefetch(request, chart))


@given(thinned())
@settings(shared, max_examples=150)
def test_an_answer_is_always_as_cds_hooks_wants_it(service, given_chart):
    """Whatever a chart lacks, the answer meets the schema, with short summaries, few cards, suggestions and reasons."""
    result = service.by_prefetch(*given_chart)
    assert service.ready.answer_problems(json.loads(json.dumps(render(result.cards)))) == ()
    assert len(result.cards) <= 6
    for card in result.cards:
        assert len(card.summary) <= 139
        assert len(card.suggestions) <= 4
        assert len(card.override_reasons) <= 8
        assert len(card.links) <= 2
    topics = [card.source.topic.code.removesuffix("Critical") for card in result.cards]
    assert len(topics) == len(set(topics))


@given(thinned(), st.integers(0, 2**32))
@settings(shared, max_examples=60)
def test_the_order_in_which_resources_come_changes_no_finding(service, given_chart, seed):
    """Complete groups in any order have the same findings."""
    request, chart = given_chart
    sent = prefetched(service.groups(), request, chart)
    dice = random.Random(seed)  # noqa: S311 - no secret
    mixed = {key: _shuffled(value, dice) for key, value in sent.items()}
    there, here = (service.answer({**request, "prefetch": each}) for each in (sent, mixed))
    assert by_topic(labels(there)) == by_topic(labels(here))


def _shuffled(bundle, dice):
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return bundle
    return {**bundle, "entry": dice.sample(bundle["entry"], len(bundle["entry"]))}


# ------------------------------------------------------------------ pages


def silenced(full, cut):
    """Rules that warn on the full chart and keep quiet on the cut one."""
    spoke = {
        each.rule.name for each in full.decisions.shown if each.finding is not None and each.finding.indicator != "info"
    }
    quiet = {each.rule.name for each in cut.decisions.all if each.verdict in QUIET}
    if cut.decisions.phase == "unknown":  # then the order counts as a first one, and the first card says so
        quiet -= {each.rule.name for each in cut.decisions.all if each.verdict == "not_this_phase"}
    return spoke & quiet


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("mixed", [False, True], ids=["newest first", "shuffled"])
def test_a_first_page_alone_silences_no_warning(service, name, mixed):
    """Whatever of a group lies on pages that were not read, a rule that warns on all of it warns, or is not checked."""
    request, chart = vignette(name)
    sent = prefetched(service.groups(), request, chart)
    full = service.answer({**request, "prefetch": sent})
    dice = random.Random(name)  # noqa: S311 - no secret
    for group, bundle in sent.items():
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            continue
        whole = _shuffled(bundle, dice) if mixed else bundle
        for size in range(len(whole["entry"])):
            page = {**whole, "entry": whole["entry"][:size], "link": [{"relation": "next", "url": "Observation?p=2"}]}
            cut = service.answer({**request, "prefetch": {**sent, group: page}})
            assert silenced(full, cut) == set(), (group, size)


@pytest.mark.parametrize("name", PEOPLE)
def test_an_old_result_is_never_taken_as_the_latest_because_a_page_is_missing(service, name):
    """With the newest entries on an unread page, no value from the first page is judged as the latest."""
    request, chart = vignette(name)
    sent = prefetched(service.groups(), request, chart)
    full = service.answer({**request, "prefetch": sent})
    for group, bundle in sent.items():
        if isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle" and len(bundle["entry"]) > 1:
            oldest_first = {**bundle, "entry": bundle["entry"][::-1][:-1]}  # the total tells that one is missing
            cut = service.answer({**request, "prefetch": {**sent, group: oldest_first}})
            assert silenced(full, cut) == set(), group


@pytest.mark.parametrize("name", ["V12.us", "V28.us", "V44.us", "V49.us", "V50.us"])
@pytest.mark.parametrize("size", [1, 2, 5, 40])
@pytest.mark.parametrize("dropped", [False, True], ids=["next links", "no next links"])
def test_a_server_that_pages_silences_no_warning(service, fhir, name, size, dropped):
    """Pages of any size are followed; where their links are lost, nothing is taken to be absent."""
    request, chart = vignette(name)
    full = service.by_prefetch(request, chart)
    fhir.store = Store([chart])
    fhir.faults.page_size, fhir.faults.drop_next = size, dropped
    try:
        paged = service.answer({**request, "fhirServer": fhir.base})
    finally:
        fhir.faults = Faults()
    assert silenced(full, paged) == set()
    if not dropped and size > 1:
        assert labels(paged) == labels(full)


# ------------------------------------------------------------------ derived searches


def retrieves(plan):
    """Every retrieve that a fact of the plan uses."""
    asked = [fact for rule in plan.rules for case in rule.cases for when in case.when for fact, _ in when]
    shown = [slot.fact for rule in plan.rules for case in rule.cases if case.finding for slot in _slots(case.finding)]
    facts = {fact.name: fact for fact in closure((*asked, *shown, plan.phase))}
    return {each.name: each for fact in facts.values() for each in fact.built.retrieves}


def _slots(finding):
    return (*finding.headline.slots, *finding.found.slots, *finding.why.slots, *finding.do.slots)


def items(service, retrieve, request, chart, filtered):
    """What a retrieve finds in a chart, asked as the groups ask or over all resources of their types."""
    patient_id = request["context"]["patientId"]
    arrivals = {}
    for name in retrieve.groups:
        group = service.plan.groups[name]
        if group.optional or group.is_read:
            continue
        found = [each for each in resources(chart) if each["resourceType"] == group.type]
        asked = prefetched([group], request, chart).get(name, searchset([])) if filtered else searchset(found)
        arrivals[name] = arrive(group, [read_page(asked)], patient_id, service.edge().zone, Source.PREFETCH)
    found = run(retrieve, Chart(arrivals), TODAY, service.edge().zone, frozenset())
    return sorted((item.entry.where, str(item.value)) for item in found.items)


@pytest.mark.parametrize("name", ALL)
def test_a_derived_search_returns_never_less_than_the_rules_need(service, name):
    """What a group's query brings has every resource that its retrieves would find among all of the type."""
    request, chart = vignette(name)
    for retrieve in retrieves(service.plan).values():
        if retrieve.type != "PractitionerRole":
            found = items(service, retrieve, request, chart, filtered=True)
            assert found == items(service, retrieve, request, chart, filtered=False), retrieve.name


def test_each_code_of_each_retrieve_is_asked_for_by_its_group(service):
    """For every code of a value set the derived query is wide enough, not only for those that charts happen on.

    Other names of a code system (``urn:oid:``) are understood where they arrive, and are not asked for.
    """
    for retrieve in retrieves(service.plan).values():
        for name in retrieve.groups:
            asked = set(service.plan.groups[name].codes)
            if asked and retrieve.codes is not None:
                wanted = {line.code for line in retrieve.codes if not line.code.system.startswith("urn:oid:")}
                assert wanted <= asked, retrieve.name


def panel(code, *components):
    """A PHQ-9 as clients also store it: one Observation, whose components are the items."""
    loinc = "http://loinc.org"
    return {
        "resourceType": "Observation",
        "id": "panel",
        "status": "final",
        "code": {"coding": [{"system": loinc, "code": code}]},
        "subject": {"reference": "Patient/v01-us"},
        "effectiveDateTime": "2026-11-23",
        "component": [
            {
                "code": {"coding": [{"system": loinc, "code": item}]},
                "valueCodeableConcept": {"coding": [{"system": loinc, "code": answer}]},
            }
            for item, answer in components
        ],
    }


def test_an_item_9_inside_a_panel_counts_once_it_has_arrived(service):
    """An item of a panel counts like an Observation of its own."""
    request, chart = vignette("V01.us")
    sent = prefetched(service.groups(), request, chart)
    sent["answers"]["entry"].insert(0, {"resource": panel("44249-1", ("44260-8", "LA6569-3"))})
    assert "MOOD-04" in {each.finding.id for each in service.answer({**request, "prefetch": sent}).decisions.shown}


def test_an_item_9_inside_a_panel_is_asked_for(service):
    """A derived search returns never less than the rules need: items also arrive as components of their panel."""
    request, chart = vignette("V01.us")
    chart["entry"].append({"resource": panel("44249-1", ("44260-8", "LA6569-3"))})
    assert "MOOD-04" in {each.finding.id for each in service.by_prefetch(request, chart).decisions.shown}


# ------------------------------------------------------------------ one patient, one answer


def marked(index):
    """A patient of their own with a triglyceride value that nobody else has."""
    request, chart = (json.loads(json.dumps(each).replace("v44-us", f"p{index}")) for each in vignette("V44.us"))
    for each in resources(chart):
        if each["resourceType"] == "Observation" and each.get("valueQuantity", {}).get("value") == 800:
            each["valueQuantity"]["value"] = 801 + index
    return request, chart


def test_answers_side_by_side_hold_only_their_own_values(service, fhir):
    """Many threads, one patient each: every answer names its own value and nobody else's."""
    people = [marked(index) for index in range(24)]
    fhir.store = Store([chart for _, chart in people])

    def ask(index):
        request, chart = people[index % len(people)]
        if index % 2:
            return service.by_prefetch(request, chart)
        return service.answer({**request, "fhirServer": fhir.base})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(96)))
    for index, result in enumerate(answers):
        own = str(801 + index % len(people))
        said = words(result)
        assert own in said
        assert not any(str(801 + other) in said for other in range(len(people)) if str(801 + other) != own)
        everything = json.dumps(render(result.cards))
        assert not any(f'Patient/p{other}"' in everything for other in range(24) if other != index % len(people))


def mixed_in(sent, other, everywhere):
    """Prefetch members with another patient's resources of the same types in front."""
    for key, value in sent.items():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle" and (everywhere or value["entry"]):
            theirs = [{"resource": each} for each in resources(other) if each["resourceType"] == TYPES[key]]
            yield key, {**value, "entry": [*theirs, *value["entry"]]}
        else:
            yield key, value


TYPES = {
    "labs": "Observation",
    "answers": "Observation",
    "conditions": "Condition",
    "procedures": "Procedure",
    "medications": "MedicationRequest",
    "allergies": "AllergyIntolerance",
    "orders": "ServiceRequest",
}


@pytest.mark.parametrize("name", ["V01.us", "V12.us", "V13.us", "V49.us"])
@pytest.mark.parametrize("other", ["V28.us", "V50.us"])
def test_another_patients_resources_in_the_prefetch_are_dropped(service, name, other):
    """What a client mixes in from another chart changes no card."""
    request, chart = vignette(name)
    sent = prefetched(service.groups(), request, chart)
    clean = service.answer({**request, "prefetch": sent})
    mixed = service.answer({**request, "prefetch": dict(mixed_in(sent, vignette(other)[1], everywhere=False))})
    assert lasting(mixed) == lasting(clean)


@pytest.mark.parametrize("other", ["V28.us", "V50.us"])
def test_a_group_of_nothing_but_another_patients_resources_proves_nothing(service, other):
    """Where everything in a group is somebody else's, it adds no finding, and nothing is taken to be absent."""
    request, chart = vignette("V12.us")
    sent = prefetched(service.groups(), request, chart)
    clean = service.answer({**request, "prefetch": sent})
    mixed = service.answer({**request, "prefetch": dict(mixed_in(sent, vignette(other)[1], everywhere=True))})
    added = {id for each in labels(mixed) for id in each["findings"]} - {
        id for each in labels(clean) for id in each["findings"]
    }
    assert added <= {"FAIL-01"}
    assert silenced(clean, mixed) == set()


def test_another_patients_record_in_place_of_the_patients_is_not_used(service):
    """A Patient of another id is no patient record."""
    request, chart = vignette("V12.us")
    _, other = vignette("V01.us")
    sent = prefetched(service.groups(), request, chart)
    stranger = next(each for each in resources(other) if each["resourceType"] == "Patient")
    result = service.answer({**request, "prefetch": {**sent, "patient": stranger}})
    assert result.chart.arrivals["patient"].why is not None
    assert "not_checked" in {each.verdict for each in result.decisions.all if each.rule.topic == "pregnancyPrevention"}
