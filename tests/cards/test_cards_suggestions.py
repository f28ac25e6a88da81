"""Suggestions, override reasons and links of cards."""

import json

import pytest
from cards_samples import cards, context, order, reason, shown, suggestion
from fhir.resources.R4B import get_fhir_model_class

from cds.cards.suggest import filled
from cds.wire.response import render


def labels(card):
    """Labels of a card's suggestions."""
    return [each.label for each in card.suggestions]


def named(plan):
    """The suggestions of the shipped plan, each once."""
    found = {}
    for rule in plan.rules:
        for case in rule.cases:
            for each in case.finding.suggest if case.finding else ():
                found[each.name] = each
    return list(found.values())


def test_suggestions_of_merged_findings_are_united_by_name(plan):
    """Each named suggestion once, in the order of the findings, at most four."""
    first, second = [suggestion("x"), suggestion("y")], [suggestion("y"), *(suggestion(n) for n in "zuv")]
    (card,) = cards(plan, shown("A1", "a", suggest=first), shown("A2", "a", suggest=second))
    assert labels(card) == ["Label x", "Label y", "Label z", "Label u"]


def test_one_action_per_suggestion_described_for_the_reader(plan):
    """Selecting one suggestion does one thing, and its description says which; none is recommended over others."""
    (card,) = cards(plan, shown("A1", "a", suggest=[suggestion("x"), suggestion("y")]))
    assert [[action.description for action in each.actions] for each in card.suggestions] == [["Does x."], ["Does y."]]
    rendered = render([card])["cards"][0]
    assert rendered["selectionBehavior"] == "any"
    assert "isRecommended" not in json.dumps(rendered)


def test_a_card_without_suggestions_has_no_selection_behaviour(plan):
    """CDS Hooks knows selectionBehavior only beside suggestions."""
    rendered = render(cards(plan, shown("A1", "a")))["cards"][0]
    assert "selectionBehavior" not in rendered
    assert "suggestions" not in rendered


def test_delete_names_the_order_of_the_call_and_nothing_else(plan):
    """A delete is offered for each new order of the drug, by its reference, without a resource."""
    (card,) = cards(
        plan,
        shown("A1", "a", suggest=[suggestion("gone", "delete")]),
        about=context(order("draft-1"), order("draft-2")),
    )
    actions = [each.actions[0] for each in card.suggestions]
    assert [(each.type, each.resource_id) for each in actions] == [
        ("delete", "MedicationRequest/draft-1"),
        ("delete", "MedicationRequest/draft-2"),
    ]
    assert all(each.resource is None for each in actions)


@pytest.mark.parametrize("id", ["", "9999-12-31T23:59:60Z", "a b", "..", "x" * 129])
def test_an_order_without_a_proper_id_cannot_be_removed(plan, id):
    """No reference that the client could follow, no delete; the card comes all the same."""
    gone = [suggestion("gone", "delete")]
    (card,) = cards(plan, shown("A1", "a", suggest=gone), about=context(order(id)))
    assert card.suggestions == ()


def test_the_shipped_pack_deletes_only_beside_a_pregnancy(plan):
    """Removing the order is suggested for a pregnancy on record, and for nothing else."""
    deleting = {
        case.finding.id
        for rule in plan.rules
        for case in rule.cases
        if case.finding and any(each.action == "delete" for each in case.finding.suggest)
    }
    assert deleting == {"PREG-01"}


@pytest.mark.parametrize("version", ["STU3", "DSTU2", "R5"])
def test_a_client_that_is_not_r4_gets_no_resources(plan, version):
    """Resources are made in R4; a client of another version gets none, and keeps the delete."""
    several = [suggestion("x"), suggestion("gone", "delete")]
    (card,) = cards(plan, shown("A1", "a", suggest=several), about=context(order(version=version)))
    assert labels(card) == ["Label gone"]


def test_every_suggestion_of_the_pack_is_valid_fhir_r4(plan):
    """Filled with patient, encounter and prescriber, each template is a valid R4 resource, as a draft or a proposal."""
    for about in (context(), context(encounter="e1")):
        for each in named(plan):
            if each.action != "create":
                continue
            resource = json.loads(json.dumps(filled(each, about)))
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            assert resource.get("subject", resource.get("for")) == {"reference": "Patient/p1"}, each.name
            assert resource["requester"] == {"reference": "PractitionerRole/r1"}
            assert resource["status"] == "draft"
            assert ("encounter" in resource) == bool(about.encounter_id)


def test_filling_a_suggestion_leaves_the_template_as_it_was(plan):
    """One patient's reference never stays behind for the next."""
    for each in named(plan):
        before = json.dumps(each.resource)
        if each.action == "create":
            filled(each, context(encounter="e1"))
        assert json.dumps(each.resource) == before


def test_labels_and_descriptions_of_the_pack_speak_to_the_reader(plan):
    """Each suggestion has a short label and a sentence of its own."""
    for each in named(plan):
        assert 0 < len(each.label) <= 80
        assert each.description.endswith(".")
    assert len({each.label for each in named(plan)}) == len(named(plan))


def test_override_reasons_are_united_by_name_and_at_most_eight(plan):
    """Each reason once; a ninth is left out."""
    first = [reason(f"r{number}") for number in range(6)]
    second = [reason(f"r{number}") for number in range(3, 12)]
    (card,) = cards(plan, shown("A1", "a", override=first), shown("A2", "a", override=second))
    assert [each.code for each in card.override_reasons] == [f"r{number}" for number in range(8)]
    assert all(each.system and each.display for each in card.override_reasons)


def test_every_warning_and_critical_of_the_pack_can_be_overridden(plan):
    """A prescriber can always say why a warning does not apply."""
    for rule in plan.rules:
        for case in rule.cases:
            if case.finding is not None and case.finding.indicator != "info":
                assert case.finding.override, case.finding.id


def test_a_card_links_to_its_logic_and_at_most_one_page_of_the_profile(plan):
    """The first link leads to the rule pages at the leading finding; the profile adds one at most."""
    (card,) = cards(plan, shown("A1", "a", "info"), shown("A2", "a", "critical"))
    assert card.links[0].url == f"https://cds.example.org/rules/{plan.name}/a#A2"
    assert [each.url for each in card.links[1:]] == [url for _, url in plan.profile.links[:1]]
    assert all(each.type == "absolute" for each in card.links)
