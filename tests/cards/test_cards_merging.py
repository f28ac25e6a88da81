"""Findings of one topic make one card, the gravest first; there are at most six cards."""

from dataclasses import replace

import pytest
from cards_samples import OTHER, SOURCE, TOPICS, cards, reason, shown, suggestion, text, unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.language.plan import Doubt, Note
from cds.language.template import Slot, Template
from cds.values.known import Evidence, Outcome, Reason, Unknown
from cds.wire.response import render

RANK = ("critical", "warning", "info")


def topics(several):
    """Topics of cards, in order."""
    return [each.source.topic.code for each in several]


def ids(card):
    """Ids of a card's findings, in order."""
    return [each["id"] for each in card.extension["isotretinoin-cds.card"]["findings"]]


def test_findings_of_one_topic_share_a_card_and_the_gravest_leads(plan):
    """One card for a topic; sorted by indicator, then in pack order; its indicator is the gravest."""
    (card,) = cards(plan, shown("A1", "a", "info"), shown("A2", "a", "critical"), shown("A3", "a"), shown("A4", "a"))
    assert ids(card) == ["A2", "A3", "A4", "A1"]
    assert (card.indicator, card.summary) == ("critical", "Headline A2 (+3 more)")


def test_cards_come_gravest_first_and_in_the_packs_order_within(plan):
    """Critical, warning, info; topics of one indicator in the order of the pack."""
    made = cards(plan, shown("A1", "a", "info"), shown("B1", "b"), shown("C1", "c", "critical"), shown("D1", "d"))
    assert topics(made) == ["cCritical", "b", "d", "a"]


@pytest.mark.parametrize(("indicator", "code"), [("info", "a"), ("warning", "a"), ("critical", "aCritical")])
def test_a_critical_card_has_a_topic_code_of_its_own(plan, indicator, code):
    """EHRs remember overrides by this code: a lesser override must never cover a critical card."""
    (card,) = cards(plan, shown("A1", "a", indicator))
    assert card.source.topic.code == code
    assert card.source.topic.system == plan.topic_system
    assert card.extension["isotretinoin-cds.card"]["topic"] == "a"


@pytest.mark.parametrize(
    ("length", "several", "ending"),
    [(20, 1, "x"), (20, 3, "x (+2 more)"), (130, 3, "x"), (130, 2, "x"), (139, 1, "x"), (140, 1, "…"), (300, 2, "…")],
)
def test_a_summary_says_how_many_more_where_that_fits(plan, length, several, ending):
    """Fewer than 140 code points, always; the count is left out before the headline is cut."""
    others = [shown(f"A{index}", "a", "info") for index in range(2, several + 1)]
    (card,) = cards(plan, shown("A1", "a", headline="x" * length), *others)
    assert card.summary.endswith(ending)
    assert len(card.summary) <= 139


def test_a_summary_is_counted_in_code_points(plan):
    """139 characters outside the basic plane are 139, not 278."""
    (card,) = cards(plan, shown("A1", "a", headline="🧪" * 139))
    assert card.summary == "🧪" * 139


def test_a_detail_has_findings_then_one_why_one_consider_and_the_sources(plan):
    """Headline in bold with what was found, for each; then Why, Consider and evidence, each once."""
    (card,) = cards(
        plan,
        shown("A1", "a", why="Same reason."),
        shown("A2", "a", why="Same reason.", do="do A1.", evidence=(OTHER, SOURCE)),
    )
    assert card.detail.split("\n\n") == [
        "**Headline A1**\nFound A1.",
        "**Headline A2**\nFound A2.",
        "**Why** Same reason.",
        "**Consider** do A1.",
        "_A guideline 1.2 · Another guideline_",
    ]


def test_the_source_is_the_leads_first_evidence(plan):
    """Label and URL of what the leading finding rests on."""
    (card,) = cards(plan, shown("A1", "a", "info"), shown("A2", "a", evidence=(OTHER,)))
    assert (card.source.label, card.source.url) == ("Another guideline", "https://other.example.org")


# -------------------------------------------------------------- to confirm


def doubting(plan, *doubts):
    """The plan under a profile that is not sure of some facts."""
    found = tuple(
        Doubt(f"Fact {number}", "2027-01-15", frozenset(each), said) for number, (each, said) in enumerate(doubts)
    )
    return replace(plan, profile=replace(plan.profile, doubtful=found))


def test_a_card_says_what_its_findings_rest_on_and_nobody_confirmed(plan):
    """One line after what to consider, each fact once however many findings rest on it, and no other facts."""
    doubtful = doubting(plan, ({"A1", "A2"}, "the window"), ({"A2"}, "the number"), ({"B1"}, "the schedule"))
    one, other = cards(doubtful, shown("A1", "a"), shown("A2", "a"), shown("B1", "b"))
    assert one.detail.split("\n\n")[-2:] == ["**To confirm** the window; the number.", "_A guideline 1.2_"]
    assert "**To confirm** the schedule." in other.detail


def test_a_card_without_doubts_has_no_such_line(plan):
    """Nor has one whose finding has another indicator than the doubtful one."""
    (card,) = cards(doubting(plan, ({"A1 info"}, "the spacing"), (set(), "")), shown("A1", "a"))
    assert "confirm" not in card.detail
    (card,) = cards(doubting(plan, ({"A1 info"}, "the spacing")), shown("A1", "a", "info"))
    assert "**To confirm** the spacing." in card.detail


def test_what_is_to_be_confirmed_is_never_left_out(plan):
    """However long the card is, and on the card of what else to check: it qualifies a headline that is there."""
    doubtful = doubting(plan, ({"A8"}, "the window"))
    (card,) = cards(doubtful, *(long(f"A{index}") for index in range(1, 9)))
    assert "**To confirm** the window." in card.detail
    several = [shown(f"{topic.upper()}1", topic) for topic in "abcdefgh"]
    assert "**To confirm** the window." in cards(doubting(plan, ({"H1"}, "the window")), *several)[-1].detail


# ------------------------------------------------------------------ length


def long(id, indicator="warning"):
    """A finding of many words."""
    parts = {"found": f"found {id} " + "f" * 250, "why": f"why {id} " + "w" * 250, "do": f"do {id} " + "d" * 250}
    return shown(id, "a", indicator, **parts)


def kept(card):
    """Which parts of which finding a detail still has."""
    return {
        f"{part} {id}"
        for id in ids(card)
        for part in ("Headline", "found", "why", "do")
        if f"{part} {id}" in card.detail
    }


def test_a_short_card_keeps_everything(plan):
    """Up to about 1,200 code points nothing is left out."""
    (card,) = cards(plan, long("A1"), shown("A2", "a", found="found A2", why="why A2", do="do A2"))
    assert len(kept(card)) == 8


def test_the_whys_of_the_others_go_first(plan):
    """Over the length, the lead keeps its why and the others lose theirs."""
    (card,) = cards(plan, long("A1"), shown("A2", "a", found="found A2", do="do A2", why="why A2 " + "w" * 500))
    assert kept(card) == {"Headline A1", "found A1", "why A1", "do A1", "Headline A2", "found A2", "do A2"}


def test_then_their_dos(plan):
    """Still too long: the others lose what to consider."""
    (card,) = cards(plan, long("A1"), long("A2"))
    assert kept(card) == {"Headline A1", "found A1", "why A1", "do A1", "Headline A2", "found A2"}


def test_then_what_was_found_of_info_findings(plan):
    """Still too long: info findings keep their headline only, warnings keep what was found."""
    (card,) = cards(plan, long("A1"), long("A2"), long("A3", "info"), long("A4", "info"))
    assert {each for each in kept(card) if not each.endswith("A1")} == {
        "Headline A2",
        "found A2",
        "Headline A3",
        "Headline A4",
    }


def test_headlines_never_go(plan):
    """However long a card is, every headline is on it."""
    (card,) = cards(plan, *(long(f"A{index}") for index in range(1, 9)))
    assert all(f"Headline A{index}" in card.detail for index in range(1, 9))


def test_what_a_chart_says_in_a_headline_means_only_itself(plan):
    """A headline stands as plain text in the summary and as Markdown in the detail; a value is escaped there."""
    fact = next(each for rule in plan.rules for each in rule.facts if not each.carries_value)
    said = Outcome("present", evidence=(Evidence("Condition/c", says="<b>bold</b> [link](https://evil.example)"),))
    finding = shown("A1", "a", headline=Template(("Found ", Slot(fact, "evidence"))))
    (card,) = cards(plan, finding, outcomes={fact.name: said})
    assert card.summary == "Found <b>bold</b> [link](https://evil.example)"
    assert "<b>" not in card.detail
    assert "[link](" not in card.detail
    assert "bold" in card.detail


# ------------------------------------------------------------------ the limit of six


def test_six_topics_are_six_cards(plan):
    """Six fit."""
    assert topics(cards(plan, *(shown(each, each) for each in "abcdef"))) == list("abcdef")


def test_of_more_than_six_the_sixth_lists_the_rest(plan):
    """Five stay; the sixth is "Also check" with the remaining headlines and the worst indicator among them."""
    made = cards(plan, *(shown(each, each, "info" if each == "h" else "warning") for each in "abcdefgh"))
    assert topics(made) == ["a", "b", "c", "d", "e", "alsoCheck"]
    assert made[-1].summary == plan.words["also_check"]
    assert ids(made[-1]) == ["f", "g", "h"]
    assert all(f"**Headline {each}**" in made[-1].detail for each in "fgh")
    assert "Found" not in made[-1].detail
    assert made[-1].suggestions == ()


def test_a_critical_among_the_rest_marks_also_check(plan):
    """The topic code of "Also check" has Critical appended as for any other card."""
    made = cards(plan, *(shown(each, each, "critical") for each in "abcdefg"))
    assert topics(made)[-1] == "alsoCheckCritical"
    assert made[-1].indicator == "critical"


def test_what_could_not_be_checked_is_named_even_among_the_rest(plan):
    """Silence about a check that did not run must not be taken for an all clear, however many cards there are."""
    open_ones = [unchecked("first check", "a"), unchecked("second check", "b")]
    made = cards(plan, *(shown(each, each, "warning") for each in "abcdefg"), *open_ones)
    said = "\n".join(each.detail for each in made if each.source.topic.code in ("alsoCheck", "unavailable"))
    assert "first check" in said
    assert "second check" in said


# ------------------------------------------------------------------ what could not be checked


def test_all_that_could_not_be_checked_is_one_card(plan):
    """Topic unavailable, info, finding FAIL-01; the gravest is named first, and each with its reason."""
    made = cards(
        plan,
        unchecked("a minor check", "a", safety_critical=False),
        unchecked("a grave check", "b"),
        unchecked("a late check", "c", Unknown(Reason.TIMED_OUT, "answers")),
    )
    (card,) = made
    assert (topics(made), card.indicator, ids(card)) == (["unavailable"], "info", ["FAIL-01"])
    assert card.summary == "Could not be checked: a grave check (+2 more)"
    assert "- a grave check, a minor check: the laboratory results did not come with the request" in card.detail
    assert "- a late check: the questionnaire answers and statements did not arrive in time" in card.detail


def test_what_could_not_be_checked_is_told_by_a_pack_that_gives_it_no_topic(plan):
    """An author who forgot the topic loses its place among the cards, and no prescriber loses the card."""
    bare = tuple(each for each in TOPICS if each.code != "unavailable")
    made = cards(plan, shown("A1", "a", "info"), unchecked("a check", "b"), topics=bare)
    assert [card.source.topic.code for card in made] == ["a", "unavailable"]


def test_a_card_of_the_topic_repeats_its_own_in_one_line(plan):
    """A topic card that exists anyway says what of its topic was not checked."""
    made = cards(plan, shown("A1", "a"), unchecked("a check", "a"), unchecked("another", "b"))
    assert "Not checked: a check (the laboratory results did not come" in made[0].detail
    assert "another" not in made[0].detail
    assert topics(made) == ["a", "unavailable"]


def test_nothing_to_say_is_no_card(plan):
    """No findings and everything checked: no cards at all, none for "all is well"."""
    assert cards(plan) == ()


# ------------------------------------------------------------------ notes


def note(words, *beside, **members):
    """A note that always holds."""
    return Note((), frozenset(beside), text(words), **members)


def test_a_note_without_findings_stands_on_the_first_card_only(plan):
    """What concerns the whole answer is said once, before the findings of the first card."""
    made = cards(plan, shown("A1", "a", "info"), shown("B1", "b"), notes=[note("Remark.")])
    assert [each.detail.startswith("Remark.\n\n") for each in made] == [True, False]
    assert topics(made)[0] == "b"


def test_a_note_beside_findings_stands_on_their_card(plan):
    """A note that names findings stands where one of them is, and nowhere when none is."""
    made = cards(plan, shown("A1", "a"), shown("B1", "b"), notes=[note("Remark.", "B1", "X9"), note("Never.", "X9")])
    assert ["Remark." in each.detail for each in made] == [False, True]
    assert not any("Never." in each.detail for each in made)


# ------------------------------------------------------------------ everything at once


@st.composite
def decisions(draw):
    """Some findings and unchecked rules over all topics."""
    found = []
    for index in range(draw(st.integers(0, 12))):
        topic = draw(st.sampled_from("abcdefgh"))
        if draw(st.integers(0, 3)) == 0:
            found.append(unchecked(f"check {index}", topic))
            continue
        size = draw(st.sampled_from([5, 138, 139, 200]))
        parts = {
            "headline": f"{index} " + "h" * size,
            "why": "w" * draw(st.integers(0, 400)),
            "do": "d" * draw(st.integers(0, 400)),
            "suggest": [suggestion(f"s{n}") for n in draw(st.lists(st.integers(0, 9), max_size=5))],
            "override": [reason(f"o{n}") for n in draw(st.lists(st.integers(0, 15), max_size=10))],
        }
        found.append(shown(f"F{index}", topic, draw(st.sampled_from(RANK)), **parts))
    return found


@given(decisions())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_is_found_the_answer_keeps_every_limit(plan, problems, found):
    """At most six cards, valid, in order, each topic once, no finding lost, and every limit of a card kept."""
    made = cards(plan, *found)
    assert problems(render(made)) == ()
    assert len(made) <= 6
    ranks = [RANK.index(each.indicator) for each in made[:5]]
    assert ranks == sorted(ranks)
    assert len(set(topics(made))) == len(made)
    expected = [each.finding.id for each in found if each.finding is not None]
    expected += ["FAIL-01"] if any(each.finding is None for each in found) else []
    assert sorted(id for each in made for id in ids(each)) == sorted(expected)
    for card in made:
        assert len(card.summary) <= 139
        assert len(card.suggestions) <= 4
        assert len(card.override_reasons) <= 8
        assert 1 <= len(card.links) <= 2
        gravest = card.extension["isotretinoin-cds.card"]["findings"][0]["indicator"]
        assert card.source.topic.code.endswith("Critical") == (gravest == "critical")


def test_no_topic_of_the_shipped_pack_needs_more_than_the_limit(plan):
    """Topic codes are letters only, so that EHRs can carry them."""
    codes = [topic.code for topic in plan.topics]
    assert all(code.isascii() and code.isalpha() for code in codes)
    assert len(set(codes)) == len(codes)
    assert replace(plan).topic_system == "urn:isotretinoin-cds:topic"
