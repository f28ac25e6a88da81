"""What a client supplies, what it never supplies, what its orders are called, and what suggestions may do."""

import json

import pytest
from site_samples import EXAMPLE, HEAD, PACK, TODAY, answered, examined, served, verdicts, vignette

from cds.language.site import SCHEMA

NEVER = """\
clients:
  - name: one
    fhir: {base: 'http://127.0.0.1:9/fhir'}
    data:
      never: {allergies: kept elsewhere}
      lost:
        isotretinoin/peanut-and-soya: the pharmacy checks
        isotretinoin/retinoid-hypersensitivity: asked at every visit
"""


def empty_prefetch(ready, request, *without):
    """Prefetch in which the client looked for everything in vain, some groups left out."""
    groups = ready.services[f"{PACK}-{request['hook']}"].listed.groups
    return {**request, "prefetch": {group.name: None for group in groups if group.name not in without}}


def test_an_optional_group_that_is_offered_is_asked_for(content):
    """offers: the group stands in discovery, and what is missing of it is unknown rather than left out."""
    words = HEAD + "clients: [{name: one, data: {offers: [appointments]}}]\n"
    usual, offering = served(content, words), served(content, words, "one")
    assert b"Appointment?" not in usual[0].discovery
    assert b"Appointment?" in offering[0].discovery
    request, _ = vignette("V54.us")
    left_out, missing = (answered(*each, request).chart.arrivals["appointments"] for each in (usual, offering))
    assert left_out.left_out
    assert missing.why.reason == "not_supplied"


def test_a_group_that_is_never_supplied_is_not_asked_for_and_explained(content):
    """never: no prefetch template, reason not_offered; a rule whose loss is accepted in writing is silent."""
    ready, settings = served(content, HEAD + NEVER, "one")
    assert b"AllergyIntolerance" not in ready.discovery
    request, _ = vignette("V54.us")
    result = answered(ready, settings, empty_prefetch(ready, request))
    assert result.chart.arrivals["allergies"].why.reason == "not_offered"
    assert verdicts(result)["peanut-and-soya"] == "silent"
    usual = served(content, HEAD)
    before = answered(*usual, empty_prefetch(usual[0], request, "allergies"))
    assert verdicts(before)["peanut-and-soya"] == "not_checked"


def test_what_comes_nevertheless_is_used(content):
    """never: a group that arrives after all is read like any other."""
    ready, settings = served(content, HEAD + NEVER, "one")
    request, _ = vignette("V54.us")
    body = empty_prefetch(ready, request)
    body["prefetch"]["allergies"] = None
    assert verdicts(answered(ready, settings, body))["peanut-and-soya"] == "silent"
    assert answered(ready, settings, body).chart.arrivals["allergies"].why is None


def test_a_reason_covers_only_the_group_that_is_never_supplied(content):
    """A rule whose loss is accepted is still named when something else of its data failed."""
    ready, settings = served(content, HEAD + NEVER, "one")
    request, _ = vignette("V54.us")
    body = empty_prefetch(ready, request, "conditions")
    assert verdicts(answered(ready, settings, body))["peanut-and-soya"] == "not_checked"


def test_a_safety_critical_rule_is_lost_only_for_a_written_reason(content):
    """Without a reason the site file is refused; with one the loss is listed with it."""
    ids, _ = examined(content, HEAD + NEVER.replace("        isotretinoin/peanut-and-soya: the pharmacy checks\n", ""))
    assert ids == ["lost-without-reason"]
    ids, told = examined(content, HEAD + NEVER)
    assert ids == []
    assert "  never supplied: allergies: kept elsewhere" in told
    assert (
        "  lost without allergies: peanut-and-soya: peanut and soya allergy, safety-critical: the pharmacy checks"
        in told
    )


def test_a_rule_that_is_not_safety_critical_needs_no_reason(content):
    """What is lost besides is listed, and refused by nobody."""
    words = HEAD + "clients: [{name: one, data: {never: {role: no roles, roles: no roles}}}]\n"
    ids, told = examined(content, words)
    assert ids == []
    assert any("dermatology-supervision" in each for each in told)


def suggestions(result):
    """What the suggestions of an answer do, by label."""
    return {
        suggestion.label: action
        for card in result.cards
        for suggestion in card.suggestions
        for action in suggestion.actions
    }


@pytest.mark.parametrize(
    ("cards", "kinds"),
    [
        ("cards: {actions: [create, delete]}", {"create", "delete"}),
        ("cards: {actions: [delete]}", {"delete"}),
        ("cards: {actions: []}", set()),
        ("fhir: {base: 'https://x.test/fhir', version: DSTU2}", {"delete"}),
    ],
)
def test_suggestions_do_what_the_client_can_do(content, fhir, cards, kinds):
    """cards.actions limits suggestions, and a client that is not R4 creates nothing."""
    ready, settings = served(content, f"{HEAD}clients: [{{name: one, {cards}}}]\n", "one")
    request, chart = vignette("V28.us")
    fhir.store = type(fhir.store)([chart])
    result = answered(ready, settings, {**request, "fhirServer": fhir.base})
    assert {each.type for each in suggestions(result).values()} == kinds


def test_orders_carry_the_codes_of_the_site(content):
    """orders: a suggestion creates an order by the site's own code; the words stay."""
    words = (
        HEAD
        + "systems: {LOCAL: 'urn:oid:1.2.3'}\norders: {lipid-panel: {system: LOCAL, code: '007', display: Lipids}}\n"
    )
    ready, settings = served(content, words)
    request, _ = vignette("V54.us")
    result = answered(ready, settings, empty_prefetch(ready, request))
    code = suggestions(result)["Order a fasting lipid panel"].resource["code"]
    assert code["coding"] == [{"system": "urn:oid:1.2.3", "code": "007", "display": "Lipids"}]
    assert code["text"] == "Fasting lipid panel"


def test_an_order_that_is_no_fhir_is_refused_with_its_place(content):
    """orders: what FHIR R4 does not allow is found when the site file is read, not when a card is shown."""
    words = HEAD + "orders: {lipid-panel: {system: 'urn:x', code: '  '}}\n"
    assert examined(content, words)[0] == ["suggestion"]


def test_codes_of_the_site_are_recognised(content, fhir):
    """codes: a referral under a local code counts as one."""
    words = HEAD + "systems: {LOCAL: 'urn:oid:1.2.3'}\ncodes: {dermatology-referral: LOCAL REF-DERM}\n"
    request, chart = vignette("V54.us")
    referral = {
        "resourceType": "ServiceRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "authoredOn": TODAY.isoformat(),
        "subject": {"reference": f"Patient/{request['context']['patientId']}"},
        "code": {"coding": [{"system": "urn:oid:1.2.3", "code": "REF-DERM"}]},
    }
    fhir.store = type(fhir.store)([{"entry": [*chart["entry"], {"resource": referral}]}])
    body = {**request, "fhirServer": fhir.base}
    assert verdicts(answered(*served(content, HEAD), body))["dermatology-supervision"] == "shown"
    assert verdicts(answered(*served(content, words), body))["dermatology-supervision"] == "silent"


def test_the_example_is_sound(content):
    """site.example.yaml can be used as it stands."""
    assert examined(content, EXAMPLE.read_text())[0] == []


def test_every_key_of_the_schema_is_described(content):
    """Editors show the description of each key, and refuse a key that is none."""

    def walk(schema):
        if "properties" in schema:
            assert schema["additionalProperties"] is False
        if schema.get("type") == "object" or "enum" in schema:
            assert schema["description"]
        for each in schema.get("properties", {}).values():
            assert each["description"]
        for each in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
            if isinstance(each, dict):
                walk(each)

    walk(json.loads(content[SCHEMA]))
