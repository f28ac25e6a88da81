import pytest
from wire_samples import BARE, FULL, SOURCE, UUID, schema

from cds.wire.response import Action, Card, Coding, Link, SourceRef, Suggestion, render, response_validator

problems = response_validator(schema("response"))


def test_nothing_to_say_is_an_empty_list():
    """C-1, C-2: `cards` is always there."""
    assert render([]) == {"cards": []}
    assert problems(render([])) == ()


def test_a_bare_card_has_no_empty_member():
    """C-4: absent members are left out."""
    assert render([BARE]) == {
        "cards": [
            {"uuid": UUID, "summary": "One sentence.", "indicator": "info", "source": {"label": "A guideline"}},
        ]
    }


def test_a_full_card():
    """C-12, C-15, C-18, C-20, C-30, C-40 to C-45, C-60, X-1: every member under its own name."""
    (card,) = render([FULL])["cards"]
    assert card["source"] == {
        "label": "A guideline",
        "url": "https://a.example.org",
        "topic": {"system": "urn:a:topic", "code": "labs"},
    }
    assert card["selectionBehavior"] == "any"
    assert card["suggestions"] == [
        {
            "label": "Do it",
            "uuid": UUID,
            "actions": [
                {
                    "type": "create",
                    "description": "Order a test",
                    "resource": {"resourceType": "ServiceRequest", "status": "draft"},
                },
                {"type": "delete", "description": "Remove the order", "resourceId": "MedicationRequest/1"},
            ],
        }
    ]
    assert card["overrideReasons"] == [{"system": "urn:a:reason", "code": "done", "display": "Done elsewhere"}]
    assert card["links"] == [{"label": "Logic", "url": "https://cds.example.org/rules/a", "type": "absolute"}]
    assert card["extension"] == {"a.card": {"findings": [{"id": "X-01"}]}}


def test_rendered_cards_fit_the_schema():
    """C-1 to C-65: what is rendered from sound cards is valid."""
    assert problems(render([BARE, FULL])) == ()


def test_a_summary_is_counted_in_code_points():
    """C-10: 139 are allowed, whatever their number of bytes; 140 are not."""
    for letter in ("a", "é", "𝒜"):
        assert problems(render([Card(UUID, letter * 139, "info", "", SOURCE)])) == ()
        assert problems(render([Card(UUID, letter * 140, "info", "", SOURCE)])) != ()


@pytest.mark.parametrize(
    "card",
    [
        Card(UUID, "", "info", "", SOURCE),
        Card(UUID, " ", "info", "", SOURCE),
        Card(UUID, "Two\nlines", "info", "", SOURCE),
        Card("", "One sentence.", "info", "", SOURCE),
        Card("7", "One sentence.", "info", "", SOURCE),
        Card(UUID, "One sentence.", "hard-stop", "", SOURCE),
        Card(UUID, "One sentence.", "info", "", SourceRef("")),
        Card(UUID, "One sentence.", "info", "", SourceRef("a", "page.html")),
        Card(UUID, "One sentence.", "info", "", SourceRef("a", "", Coding("", "labs"))),
        Card(UUID, "One sentence.", "info", "", SourceRef("a", "", Coding("urn:a", "labs-critical"))),
        Card(UUID, "One sentence.", "info", "", SOURCE, override_reasons=(Coding("urn:a", "b"),)),
        Card(UUID, "One sentence.", "info", "", SOURCE, links=(Link("a", "javascript:alert(1)"),)),
        Card(UUID, "One sentence.", "info", "", SOURCE, links=(Link("a", "https://a.example.org", "other"),)),
        Card(UUID, "One sentence.", "info", "", SOURCE, suggestions=(Suggestion(UUID, ""),)),
    ],
)
def test_a_faulty_card_is_told(card):
    """C-10 to C-15, C-20, C-30, C-60: each of these would be refused or misread by a client."""
    assert len(problems(render([card]))) == 1


@pytest.mark.parametrize(
    "action",
    [
        Action("create", "Order a test"),
        Action("create", "", {"resourceType": "ServiceRequest"}),
        Action("create", "Order a test", {"status": "draft"}),
        Action("update", "Change the order", {"resourceType": "MedicationRequest"}),
        Action("delete", "Remove the order"),
        Action("delete", "Remove the order", resource_id="1"),
        Action("delete", "Remove the order", {"resourceType": "MedicationRequest"}, "MedicationRequest/1"),
        Action("create", "Order a test", {"resourceType": "ServiceRequest"}, "ServiceRequest/1"),
        Action("replace", "Change the order", {"resourceType": "MedicationRequest", "id": "1"}),
    ],
)
def test_a_faulty_action_is_told(action):
    """C-40 to C-45: create and update bring a resource, update its id too, delete a Type/id alone."""
    card = Card(UUID, "One sentence.", "info", "", SOURCE, suggestions=(Suggestion(UUID, "Do it", (action,)),))
    assert problems(render([card])) != ()


def test_a_problem_names_the_place_and_not_the_value():
    """F-13, S-21: what is logged about a faulty answer holds nothing of it."""
    (told,) = problems(render([Card(UUID, "Jane Doe" * 20, "info", "", SOURCE)]))
    assert told == "cards[0].summary: the value is longer than 139 characters"
