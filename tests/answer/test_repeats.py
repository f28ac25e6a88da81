"""Findings that need not be shown again: what stays away, for whom and how long, and what never does."""

import re
from dataclasses import replace

import pytest
from answer_samples import ORDERED, chart_of, lasting, resources, verdicts, vignette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repeats_samples import EHR, SITE, Clinic, Kept, shown

from cds.cards import merge
from cds.findings.explain import as_text, explanation

PEOPLE = ORDERED["us"]
WARNED = "V23.us"
"""Two cards of warnings: CONTRA-01 with PREG-03, and AGE-01."""
UNSUPERVISED = "V54.us"
"""DERM-01 and COUNSEL-01."""
OVERRIDDEN = {("CONTRA-01", "warning"), ("PREG-03", "warning")}
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@pytest.fixture
def clinic(service):
    """A site that remembers, and so far remembers nothing."""
    return Clinic(service)


def overridden(clinic, name=WARNED, *indices):
    """A patient for whom the user chose the order and overrode the first card, or those at these places."""
    request, chart = vignette(name)
    clinic.kept.override(clinic.answer(request, chart, "order-select"), *(indices or (0,)))
    return request, chart


# ------------------------------------------------------------------ overridden warnings


def test_what_was_overridden_while_choosing_is_not_shown_when_signing(clinic, service):
    """8.3: the findings of the overridden card stay away; those of the other card, and info, are shown."""
    request, chart = overridden(clinic)
    signed = clinic.answer(request, chart)
    assert shown(signed) == shown(service.by_prefetch(request, chart)) - OVERRIDDEN
    assert shown(signed) == {("AGE-01", "warning"), ("COUNSEL-01", "info")}


def test_the_explanation_says_what_withheld_it(clinic):
    """8.3: on no card and in no list of findings, and the explanation names the override, its day, the site."""
    signed = clinic.answer(*overridden(clinic))
    told = explanation(signed.plan, signed.patient, signed.decisions)
    rule = next(each for each in told["rules"] if each.get("finding") == "PREG-03")
    why = "overridden by the same user on order-select, on a card of 2026-11-24 12:00 UTC, site clinic"
    assert (rule["verdict"], rule["remembered"]) == ("withheld", why)
    assert re.search(rf"PREG-03 \(warning\): {re.escape(why)}$", as_text(told), re.MULTILINE)


def test_without_an_override_nothing_stays_away(clinic, service):
    """8.3: a card that was ignored or accepted is shown again."""
    request, chart = vignette(WARNED)
    clinic.answer(request, chart, "order-select")
    assert shown(clinic.answer(request, chart)) == shown(service.by_prefetch(request, chart))


@pytest.mark.parametrize(
    "changed",
    [
        {"userId": "PractitionerRole/somebody-else"},
        {"userId": "Practitioner/v23-us-practitionerrole-3"},
        {"server": "https://another.example.org/fhir"},
        {"server": ""},
    ],
    ids=str,
)
def test_an_override_counts_for_the_same_user_at_the_same_server(clinic, changed):
    """8.3: for another user, the same under another role, and at another server or none, the warnings are shown."""
    signed = clinic.answer(*overridden(clinic), **changed)
    assert shown(signed) >= OVERRIDDEN


@pytest.mark.parametrize("changed", [{"userId": ""}, {"userId": "Patient/p"}, {"server": ""}], ids=str)
def test_without_a_user_or_a_server_nothing_is_remembered(clinic, changed):
    """An override of nobody, or for a patient whose id may be another's elsewhere, is not even kept."""
    request, chart = vignette(WARNED)
    assert clinic.answer(request, chart, "order-select", **changed).memos == ()
    clinic.answer(request, chart, "order-sign", server="")
    assert clinic.kept == Kept(now=clinic.kept.now)


def test_an_override_lasts_a_day(clinic):
    """8.3: within 24 hours of the card, and not longer."""
    request, chart = overridden(clinic)
    clinic.kept.later(hours=23, minutes=59)
    assert not shown(clinic.answer(request, chart)) & OVERRIDDEN
    clinic.kept.later(minutes=1)
    assert shown(clinic.answer(request, chart)) >= OVERRIDDEN


@pytest.mark.parametrize("change", ["version", "indicator", "profile"])
def test_another_rule_is_another_warning(clinic, change):
    """An override of one version, indicator or profile does not cover another; a graver finding is always shown."""
    request, chart = overridden(clinic)
    plan = clinic.service.plan

    def changed(rule):
        if change == "version":
            return replace(rule, version="9.9.9")
        graver = tuple(
            replace(case, finding=replace(case.finding, indicator="critical")) if case.finding else case
            for case in rule.cases
        )
        return replace(rule, cases=graver)

    if change == "profile":
        other = replace(plan, profile=replace(plan.profile, name="another"))
    else:
        other = replace(plan, rules=tuple(changed(rule) for rule in plan.rules))
    assert {id for id, _ in shown(clinic.answer(request, chart, plan=other))} >= {"CONTRA-01", "PREG-03"}


def test_another_value_is_another_warning(clinic):
    """A triglyceride that has risen since is shown, though rule, case and indicator are those overridden."""
    request, chart = overridden(clinic, "V49.us")
    assert not shown(clinic.answer(request, chart))
    found = resources(chart)
    for each in found:
        if each["resourceType"] == "Observation" and each["code"]["coding"][0]["code"] == "2571-8":
            each["valueQuantity"]["value"] += 1
    assert shown(clinic.answer(request, chart_of(found))) == {("LIPID-02", "warning")}


def test_a_critical_is_never_remembered(clinic):
    """8.3: overriding a critical card changes nothing, and no key is made of it."""
    request, chart = vignette("V28.us")
    chosen = clinic.answer(request, chart, "order-select")
    clinic.kept.override(chosen)
    assert (chosen.memos, clinic.kept.active) == ((), {})
    assert shown(clinic.answer(request, chart)) == {("PREG-01", "critical")}


def test_headlines_among_others_are_not_remembered(clinic, monkeypatch):
    """A finding that stood on "Also check" was read as a headline only; overriding that card withholds nothing."""
    monkeypatch.setattr(merge, "MOST_CARDS", 2)
    request, chart = vignette(WARNED)
    people = chart_of([each for each in resources(chart) if each["resourceType"] in ("Patient", "PractitionerRole")])
    chosen = clinic.answer(request, people, "order-select")
    first, also = chosen.cards
    assert also.extension["isotretinoin-cds.card"]["topic"] == "alsoCheck"
    assert {memo.card for memo in chosen.memos} == {first.uuid}


def test_what_was_overridden_hides_nothing_behind_it(clinic):
    """A remembered finding replaces nothing: what it would have replaced was never seen, and is shown."""
    plan, hides = clinic.service.plan, ("AGE-01",)
    request, chart = vignette(WARNED)

    def hiding(rule):
        cases = (
            replace(each, finding=replace(each.finding, replaces=hides)) if each.finding else each
            for each in rule.cases
        )
        return replace(rule, cases=tuple(cases)) if rule.name == "pregnancy-tests-before-start" else rule

    other = replace(plan, rules=tuple(hiding(rule) for rule in plan.rules))
    chosen = clinic.answer(request, chart, "order-select", plan=other)
    assert "AGE-01" not in {id for id, _ in shown(chosen)}
    clinic.kept.override(chosen)
    assert shown(clinic.answer(request, chart, plan=other)) == {("AGE-01", "warning"), ("COUNSEL-01", "info")}


# ------------------------------------------------------------------ once in a course


def test_advice_is_shown_once_in_a_course(clinic):
    """8.3: counselling and supervision are shown all day, and from 12 hours later no more."""
    request, chart = vignette(UNSUPERVISED)
    first = clinic.answer(request, chart)
    assert shown(first) == {("DERM-01", "info"), ("COUNSEL-01", "info")}
    clinic.kept.later(hours=11, minutes=59)
    assert shown(clinic.answer(request, chart)) == shown(first)
    clinic.kept.later(minutes=1)
    assert shown(clinic.answer(request, chart)) == set()
    clinic.kept.later(days=300)
    another = clinic.answer(request, chart, userId="Practitioner/another")
    assert shown(another) == {("DERM-02", "info")}  # what is said of that prescriber is another finding


def test_advice_is_remembered_for_a_year_at_most(clinic):
    """What is withheld is not remembered anew: a year after it was first shown it is shown again."""
    request, chart = vignette(UNSUPERVISED)
    first = clinic.answer(request, chart)
    clinic.kept.later(days=364)
    assert shown(clinic.answer(request, chart)) == set()
    clinic.kept.later(days=1)
    assert shown(clinic.answer(request, chart)) == shown(first)


def test_a_new_course_shows_it_again(clinic):
    """8.3: a course that ended in between is another course; so is one of which the history cannot be read."""
    request, chart = vignette(UNSUPERVISED)
    advice = shown(clinic.answer(request, chart))
    clinic.kept.later(days=100)
    assert shown(clinic.answer(request, chart)) == set()
    context = request["context"]
    draft = context["draftOrders"]["entry"][0]["resource"]
    past = {**draft, "id": "past", "status": "completed", "authoredOn": "2026-06-01"}
    before = chart_of([*resources(chart), past])
    again = clinic.answer(request, before)
    assert again.decisions.phase == "restart"
    assert shown(again) >= advice
    unread = clinic.answer(request, chart_of([*resources(chart), {**past, "authoredOn": "nonsense"}]))
    assert unread.decisions.phase == "unknown"
    assert shown(unread) >= advice


def test_choosing_an_order_remembers_no_advice(clinic):
    """8.3: once in a course counts where orders are signed; on order-select there is no such card."""
    request, chart = vignette(UNSUPERVISED)
    assert clinic.answer(request, chart, "order-select").memos == ()


def test_where_supervision_is_a_warning_it_is_shown_each_time(clinic):
    """Only an info is shown once: with the indicator that the United Kingdom sets, it is a warning like others."""
    request, chart = vignette(UNSUPERVISED)
    plan = clinic.service.plan
    graver = replace(
        plan,
        rules=tuple(
            replace(
                rule,
                cases=tuple(
                    replace(each, finding=replace(each.finding, indicator="warning")) if each.finding else each
                    for each in rule.cases
                ),
            )
            if rule.name == "dermatology-supervision"
            else rule
            for rule in plan.rules
        ),
    )
    clinic.answer(request, chart, plan=graver)
    clinic.kept.later(days=30)
    assert shown(clinic.answer(request, chart, plan=graver)) == {("DERM-01", "warning")}


def test_what_stands_beside_advice_does_not_vanish_with_it(clinic):
    """DERM-03 is shown beside DERM-01 only; where it is new and DERM-01 was shown before, it is shown."""
    request, chart = vignette(UNSUPERVISED)
    clinic.answer(request, chart)
    clinic.kept.later(days=1)
    bare = chart_of(
        [each for each in resources(chart) if each["resourceType"] not in ("Condition", "MedicationRequest")]
    )
    found = clinic.answer(request, bare)
    assert ("DERM-03", "info") in shown(found)
    assert verdicts(found)["dermatology-supervision"] == "withheld"


# ------------------------------------------------------------------ switched on one by one


def test_each_part_is_switched_on_by_itself(service):
    """8.3: a site may remember overrides, or what was shown in a course, or both."""
    request, chart = vignette(WARNED)
    advice = Clinic(service, settings=replace(SITE, overridden_warnings=False))
    assert advice.answer(request, chart, "order-select").memos == ()
    assert [memo.kind for memo in advice.answer(request, chart).memos] == ["shown"]
    overrides = Clinic(service, settings=replace(SITE, once_per_course=False))
    assert {memo.kind for memo in overrides.answer(request, chart, "order-select").memos} == {"overridden"}
    assert overrides.answer(request, chart).memos == ()


def test_without_a_memory_nothing_is_asked_or_kept(service):
    """Off by default: no key is made, and the answer wants nothing remembered."""
    for name in PEOPLE:
        assert service.by_prefetch(*vignette(name)).memos == ()


def test_one_question_is_asked_for_an_answer(clinic):
    """The prescriber waits for at most one lookup, and on order-select or without an order for none."""
    request, chart = vignette(WARNED)
    clinic.answer(request, chart, "order-select")
    assert clinic.kept.asked == []
    clinic.answer(request, chart)
    assert [len(keys) for keys in clinic.kept.asked] == [4]


# ------------------------------------------------------------------ whatever is remembered


class Everything(Kept):
    """A memory in which every key that is asked for is remembered."""

    def lookup(self, keys):
        """All of them, long enough ago."""
        self.asked.append(tuple(keys))
        return dict.fromkeys(keys, self.now)


@st.composite
def thinned(draw):
    """A labelled patient, and the chart with some of the resources left out."""
    request, chart = vignette(draw(st.sampled_from(PEOPLE)))
    everything = resources(chart)
    kept = draw(st.lists(st.booleans(), min_size=len(everything), max_size=len(everything)))
    people = ("Patient", "PractitionerRole")
    return request, chart_of(
        [each for each, stays in zip(everything, kept, strict=True) if stays or each["resourceType"] in people]
    )


@given(thinned(), st.sampled_from(["order-sign", "order-select", "medication-prescribe", "medication-refill"]))
@settings(shared, max_examples=80)
def test_every_critical_is_shown_whatever_is_remembered(service, who, hook):
    """8.3: though everything that can be asked for is remembered, each critical finding is on a card."""
    if hook in ("medication-prescribe", "medication-refill"):
        who = (_older(who[0]), who[1])
    forgetful, full = Clinic(service, Kept()), Clinic(service, Everything())
    plain = shown(forgetful.asked(*who, hook))
    left = shown(full.asked(*who, hook))
    assert {each for each in left if each[1] == "critical"} == {each for each in plain if each[1] == "critical"}
    assert hook != "order-select" or left == plain


def _older(request):
    """The context of the hooks that came before order-sign."""
    context = request["context"]
    return {**request, "context": {**context, "medications": context["draftOrders"]}}


@given(thinned(), st.data())
@settings(shared, max_examples=80)
def test_nothing_vanishes_that_was_not_itself_remembered(service, who, data):
    """Of what is shown without a memory only the remembered is missing; whatever it had replaced comes back."""
    plain = Clinic(service, Kept())
    before = shown(plain.asked(*who))
    asked = plain.kept.asked[-1] if plain.kept.asked else ()
    chosen = data.draw(st.sets(st.sampled_from(asked)) if asked else st.just(set()))
    kept = Kept()
    kept.active = {key: kept.now.replace(microsecond=1) for key in chosen}
    signed = Clinic(service, kept).asked(*who)
    remembered = {
        (each.finding.id, each.finding.indicator) for each in signed.decisions.all if each.remembered and each.finding
    }
    assert before - shown(signed) <= remembered
    assert len(remembered) <= len(chosen)


@given(thinned(), thinned())
@settings(shared, max_examples=40)
def test_what_is_remembered_of_one_patient_is_nothing_to_another(service, one, other):
    """Patients of one server, and of one id at two servers: the cards of the one stay those of an empty memory."""
    clinic = Clinic(service)
    clinic.kept.override(clinic.answer(*one, "order-select"))
    clinic.answer(*one)
    clinic.kept.later(hours=13)
    same = one[0]["context"]["patientId"] == other[0]["context"]["patientId"]
    server = "https://another.example.org/fhir" if same else EHR
    assert lasting(clinic.asked(*other, server=server)) == lasting(Clinic(service).asked(*other, server=server))


@given(thinned())
@settings(shared, max_examples=40)
def test_an_override_of_one_user_is_nothing_to_another(service, who):
    """Whatever one user overrode, another is shown every warning."""
    clinic = Clinic(service, settings=replace(SITE, once_per_course=False))
    clinic.kept.override(clinic.answer(*who, "order-select"))
    another = {"userId": "Practitioner/another"}
    assert shown(clinic.asked(*who, **another)) == shown(Clinic(service).asked(*who, **another))


@given(thinned())
@settings(shared, max_examples=40)
def test_a_key_tells_nothing_and_is_nothing_without_the_secret(service, who):
    """Keys are 64 hexadecimal digits, equal for equal calls, and all different under another secret."""
    clinic, twin = Clinic(service), Clinic(service)
    stranger = Clinic(service, settings=replace(SITE, secret=b"\x08" * 32))
    memos = [memo for hook in ("order-select", "order-sign") for memo in clinic.answer(*who, hook).memos]
    again = [memo for hook in ("order-select", "order-sign") for memo in twin.answer(*who, hook).memos]
    others = [memo for hook in ("order-select", "order-sign") for memo in stranger.answer(*who, hook).memos]
    assert all(re.fullmatch("[0-9a-f]{64}", memo.key) for memo in memos)
    assert [memo.key for memo in memos] == [memo.key for memo in again]
    assert not {memo.key for memo in memos} & {memo.key for memo in others}
