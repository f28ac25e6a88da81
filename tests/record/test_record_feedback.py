import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_samples import AT, SYSTEM, body, item

from cds.content import find_content
from cds.errors import RequestError
from cds.record.feedback import FeedbackItem, read_feedback
from cds.wire.schema import schema_check

UUID = "4cb9a6d9-4d2a-4f2e-8f6a-1a2b3c4d5e6f"


def refused(*items):
    """The refusal of a batch."""
    with pytest.raises(RequestError) as caught:
        read_feedback(body(*items))
    assert caught.value.status == 400
    return caught.value


def test_an_accepted_card_is_read():
    """F-3, F-4: card, outcome, time, and the uuids of the suggestions that were taken, each once."""
    taken = [{"id": "s1"}, {"id": "s2", "label": "x"}, {"id": "s1"}]
    (found,) = read_feedback(body(item(card=UUID, outcome="accepted", acceptedSuggestions=taken)))
    assert found == FeedbackItem(UUID, "accepted", AT, ("s1", "s2"))


def test_an_overridden_card_is_read():
    """F-5, F-8, F-13: the reason's code and system are kept, not its display; of a comment only that it was there."""
    why = {"reason": {"code": "done", "system": SYSTEM, "display": "Done"}, "userComment": "Jane Doe said no"}
    (found,) = read_feedback(body(item(overrideReason=why)))
    assert found == FeedbackItem("c1", "overridden", AT, (), SYSTEM, "done", has_comment=True)
    assert "Jane" not in repr(found)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"overrideReason": {}},
        {"overrideReason": {"userComment": ""}},
        {"overrideReason": {"reason": None}},
        {"acceptedSuggestions": []},
        {"acceptedSuggestions": "none", "extension": {"com.example": 1}, "cardId": 7},
    ],
)
def test_a_reason_is_not_needed(members):
    """F-5: an override without a reason is an override; members that do not belong to one are ignored."""
    (found,) = read_feedback(body({**item(), **members}))
    assert found == FeedbackItem("c1", "overridden", AT)


def test_the_plural_of_one_vendor_is_read():
    """F-14, V-20: overrideReasons, an object, is the same as overrideReason; an extension inside it is ignored."""
    why = {
        "reason": {"code": "done", "system": SYSTEM},
        "extension": {"com.epic.cdshooks.feedback.overrideReason.user-entered": True},
    }
    assert read_feedback(body(item(overrideReasons=why))) == read_feedback(body(item(overrideReason=why)))
    (found,) = read_feedback(body(item(overrideReasons={"extension": why["extension"]})))
    assert (found.reason_code, found.has_comment) == ("", False)


def test_a_reason_without_a_system_is_kept():
    """F-8 and the public sandbox: it sends no system for a reason that the card listed without one."""
    (found,) = read_feedback(body(item(overrideReason={"reason": {"code": "done"}})))
    assert (found.reason_system, found.reason_code) == ("", "done")


def test_a_batch_holds_many_items():
    """F-2: items for several cards, and the same one again, are all read in order."""
    found = read_feedback(body(item(), item(card="c2"), item()))
    assert [each.card for each in found] == ["c1", "c2", "c1"]
    assert read_feedback(body()) == ()


@pytest.mark.parametrize("given", [UUID.upper(), f"urn:uuid:{UUID}", UUID])
def test_a_uuid_is_the_same_in_other_letters(given):
    """F-11: a uuid that comes back in capitals or as a URN still names its card."""
    assert read_feedback(body(item(card=given)))[0].card == UUID


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"card": None}, "card"),
        ({"card": 7}, "card"),
        ({"card": ""}, "card"),
        ({"card": "Jane Doe"}, "card"),
        ({"card": "x" * 65}, "card"),
        ({"outcome": None}, "outcome"),
        ({"outcome": "ignored"}, "outcome"),
        ({"outcome": ["accepted"]}, "outcome"),
        ({"outcomeTimestamp": None}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "yesterday"}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-11-24T09:30:00"}, "outcomeTimestamp"),
        ({"outcome": "accepted"}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": []}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": {"id": "s1"}}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}, {}]}, "acceptedSuggestions[1].id"),
        ({"outcome": "accepted", "acceptedSuggestions": ["s1"]}, "acceptedSuggestions[0].id"),
        ({"overrideReason": "done"}, "overrideReason"),
        ({"overrideReasons": [{}]}, "overrideReasons"),
        ({"overrideReason": {"reason": "done"}}, "overrideReason.reason"),
        ({"overrideReason": {"reason": {"system": SYSTEM}}}, "overrideReason.reason.code"),
        ({"overrideReason": {"reason": {"code": "a\u0000b"}}}, "overrideReason.reason.code"),
        ({"overrideReason": {"reason": {"code": "a", "system": 1}}}, "overrideReason.reason.system"),
    ],
)
def test_a_malformed_item_is_named(members, path):
    """F-3 to F-6, F-11: what is malformed is 400 with the JSON path of the member."""
    assert refused(item(), item(**members)).path == f"feedback[1].{path}"


def test_one_malformed_item_refuses_the_batch_and_all_are_named():
    """F-11: nothing of such a batch is kept, the answer says so and names every problem, without what was sent."""
    error = refused(item(outcome="MARK"), item(), item(card="MARK MARK"), "MARK")
    assert error.path == "feedback[0].outcome"
    assert all(path in error.what for path in ("feedback[0].outcome", "feedback[2].card", "feedback[3]"))
    assert "Nothing of this batch was kept" in error.what
    assert "MARK" not in error.what


def test_not_every_problem_of_a_hopeless_batch_is_told():
    """F-11: of many problems the first ones are named, and how many more there are."""
    assert "and 980 more" in refused(*[item(card=None)] * 1000).what


@pytest.mark.parametrize(
    "given", [b"", b"{", b"[]", b"null", b"{}", b'{"feedback": {}}', b'{"feedback": null}', b'{"feedback": "\xff"}']
)
def test_what_is_no_feedback_is_refused(given):
    """F-2: a body that is no JSON object with an array feedback is 400."""
    with pytest.raises(RequestError) as caught:
        read_feedback(given)
    assert caught.value.status == 400


def test_a_batch_has_a_greatest_size():
    """F-2, F-13: more than 1000 items are 400; a thousand are read."""
    assert len(read_feedback(body(*[item()] * 1000))) == 1000
    assert refused(*[item()] * 1001).path == "feedback"


IDS = st.uuids().map(str)
REASONS = st.fixed_dictionaries(
    {},
    optional={
        "reason": st.fixed_dictionaries({"code": st.text("ab-1", min_size=1, max_size=20), "system": st.just("s")}),
        "userComment": st.text(min_size=1, max_size=20),
        "extension": st.just({"x": 1}),
    },
)
MOMENTS = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
ITEMS = st.one_of(
    st.fixed_dictionaries(
        {
            "card": IDS,
            "outcome": st.just("accepted"),
            "outcomeTimestamp": MOMENTS,
            "acceptedSuggestions": st.lists(st.fixed_dictionaries({"id": IDS}), min_size=1, max_size=4),
        }
    ),
    st.fixed_dictionaries(
        {"card": IDS, "outcome": st.just("overridden"), "outcomeTimestamp": MOMENTS},
        optional={"overrideReason": REASONS, "overrideReasons": REASONS},
    ),
)
SCHEMA = schema_check(json.loads((find_content().path / "hooks/schemas/feedback.schema.json").read_bytes()))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ITEMS, min_size=1, max_size=5))
def test_what_the_schema_allows_is_read(items):
    """F-2 to F-8: feedback that hooks/schemas/feedback.schema.json finds valid is read, item by item."""
    assert SCHEMA({"feedback": items}) == ()
    found = read_feedback(body(*items))
    assert [(each.card, each.outcome) for each in found] == [(each["card"], each["outcome"]) for each in items]
