"""The proof: gaps, overlaps, dead cases and silent unknowns, compared with a count by brute force."""

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_content import RULE, compiled, ids

from cds.facts.kinds import KINDS
from cds.language.fact import Built, Fact
from cds.language.load import compile_plan, read_library
from cds.language.plan import Case, Finding, Rule
from cds.language.prove import LIMIT, prove, space_of
from cds.language.report import Report
from cds.language.template import Template
from cds.values.diagnostic import Position
from cds.values.known import UNKNOWN, Reason, Unknown, all_of, any_of, not_, unknown

NOWHERE = Position("a.yaml", 1, 1)
EMPTY = Template(())


def never_asked(_case):
    return unknown(Unknown(Reason.NOT_SUPPLIED))


def leaf(name, domain=("yes", "no")):
    return Fact(name, f"{name}?", "exists", NOWHERE, Built(tuple(domain), never_asked))


def logic(name, join, *needs):
    """A fact that is Kleene logic over others that say yes or no."""
    built = Built(("yes", "no"), never_asked, needs, combine=lambda states: join(states[each.name] for each in needs))
    return Fact(name, f"{name}?", "all", NOWHERE, built)


def finding(indicator="warning"):
    return Finding("A-01", indicator, EMPTY, EMPTY, EMPTY, EMPTY, indicators=(indicator,))


def rule(cases, safety_critical=False):
    return Rule(
        name="r",
        title="",
        version="1.0.0",
        status="active",
        at=NOWHERE,
        topic="",
        phases=frozenset(),
        safety_critical=safety_critical,
        evidence=(),
        facts=(),
        cases=tuple(cases),
        parameters={},
    )


def case(line, *when, silent="", finding=None, not_checked=""):
    conditions = tuple(tuple((fact, frozenset(states)) for fact, states in each) for each in when)
    return Case(Position("a.yaml", line, 1), conditions, finding=finding, silent=silent, not_checked=not_checked)


def proved(subject):
    report = Report()
    prove(subject, report)
    return report


A = leaf("a")
EVERY = ("yes", "no", UNKNOWN)


def test_a_sound_table_is_accepted():
    """Every state in exactly one case gives no message."""
    cases = [
        case(1, [(A, ["yes"])], silent="x"),
        case(2, [(A, ["no"])], silent="x"),
        case(3, [(A, [UNKNOWN])], silent="x"),
    ]
    assert proved(rule(cases)).found == ()


def test_a_gap_is_shown_with_its_combination():
    """The forgotten unknown is named."""
    report = proved(rule([case(1, [(A, ["yes", "no"])], silent="x")]))
    assert [(each.id, each.what.split(" when ")[1]) for each in report.found] == [("gap", "a is unknown")]


def test_an_overlap_names_the_other_case():
    """The message stands at the later case and names the line of the earlier."""
    report = proved(rule([case(1, [(A, EVERY)], silent="x"), case(7, [(A, ["no"])], silent="x")]))
    assert [(each.id, each.at.line, "line 1" in each.what) for each in report.found] == [("overlap", 7, True)]


def test_a_case_that_logic_rules_out_is_dead():
    """A conjunction cannot hold while one of its parts does not."""
    both = logic("both", all_of, A, leaf("b"))
    dead = case(2, [(both, ["yes"]), (A, ["no", UNKNOWN])], silent="x")
    rest = case(1, [(both, EVERY), (A, ["yes"])], [(both, ["no", UNKNOWN]), (A, ["no", UNKNOWN])], silent="x")
    assert [each.id for each in proved(rule([rest, dead])).found] == ["dead-case"]


def test_several_lines_of_one_case_may_overlap():
    """Lines of one case mean or; nothing is undecided."""
    assert proved(rule([case(1, [(A, EVERY)], [(A, ["yes"])], silent="x")])).found == ()


def test_a_safety_critical_rule_is_not_silent_about_a_hidden_warning():
    """The unknown could be the warning, and the message shows how."""
    cases = [case(1, [(A, ["yes"])], finding=finding()), case(2, [(A, ["no", UNKNOWN])], silent="x")]
    assert proved(rule(cases)).found == ()
    found = proved(rule(cases, safety_critical=True)).found
    assert [(each.id, "a is yes" in each.meaning) for each in found] == [("silent-unknown", True)]


def test_an_information_is_no_hidden_danger():
    """Only warnings and critical findings must not be passed over."""
    cases = [case(1, [(A, ["yes"])], finding=finding("info")), case(2, [(A, ["no", UNKNOWN])], silent="x")]
    assert proved(rule(cases, safety_critical=True)).found == ()


def test_every_indicator_that_a_profile_may_choose_is_tried():
    """An option that nobody chose yet counts in the proof."""
    optional = replace(finding("info"), indicators=("info", "warning"))
    cases = [case(1, [(A, ["yes"])], finding=optional), case(2, [(A, ["no", UNKNOWN])], silent="x")]
    assert [each.id for each in proved(rule(cases, safety_critical=True)).found] == ["silent-unknown"]


def test_an_unknown_that_cannot_lead_to_a_warning_may_be_silent():
    """Where another fact rules the warning out, silence is right."""
    b = leaf("b")
    cases = [
        case(1, [(A, ["yes"]), (b, ["yes"])], finding=finding()),
        case(2, [(b, ["no"])], silent="x"),
        case(3, [(b, [UNKNOWN])], [(b, ["yes"]), (A, [UNKNOWN])], not_checked="x"),
        case(4, [(b, ["yes"]), (A, ["no"])], silent="x"),
    ]
    assert proved(rule(cases, safety_critical=True)).found == ()


def test_too_many_facts_are_refused():
    """Above the limit nothing is enumerated."""
    several = [leaf(f"f{number}") for number in range(8)]
    found = proved(rule([case(1, [(each, ["yes"]) for each in several], silent="x")]))
    assert [each.id for each in found.found] == ["too-many-combinations"]
    assert 3**7 <= LIMIT < 3**8


def test_the_tiny_pack_is_proved_when_it_is_loaded():
    """A case that is taken out leaves a gap."""
    _, report = compiled(rule=RULE.replace("  - when: {on_file: unknown}\n    not_checked: results\n", ""))
    assert ids(report) == ["gap"]


# ------------------------------------------------------------------ brute force

STATES = ("s", "t", "u")


@st.composite
def tables(draw):
    """A few facts, some of them logic over others, and random cases over them."""
    leaves = [leaf(f"l{n}") for n in range(draw(st.integers(1, 3)))]
    facts = [leaf(f"n{n}", STATES[: draw(st.integers(1, 3))]) for n in range(draw(st.integers(0, 1)))]
    for number in range(draw(st.integers(0, 2))):
        join = draw(st.sampled_from([all_of, any_of]))
        needs = draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=3, unique=True))
        facts.append(logic(f"g{number}", join, *needs))
    asked = draw(st.lists(st.sampled_from([*leaves, *facts]), min_size=1, max_size=3, unique=True))
    one_condition = st.lists(st.sampled_from(asked), min_size=1, max_size=len(asked), unique=True).flatmap(
        lambda chosen: st.tuples(
            *(
                st.tuples(st.just(fact), st.sets(st.sampled_from((*fact.domain, UNKNOWN)), min_size=1).map(sorted))
                for fact in chosen
            )
        )
    )
    endings = st.sampled_from(
        [{"silent": "x"}, {"not_checked": "x"}, {"finding": finding()}, {"finding": finding("info")}]
    )
    made = draw(st.lists(st.tuples(st.lists(one_condition, min_size=1, max_size=2), endings), min_size=1, max_size=4))
    cases = [case(line, *when, **ending) for line, (when, ending) in enumerate(made, start=1)]
    return rule(cases, safety_critical=draw(st.booleans()))


def by_brute_force(subject):
    """Every message that the definitions ask for, from all states of the facts without logic."""
    asked = {fact.name: fact for each in subject.cases for when in each.when for fact, _ in when}
    below = {}
    for fact in asked.values():
        for each in fact.needs or (fact,):
            below[each.name] = each
    reached, expected, combinations = set(), set(), set()
    for values in product(*((*fact.domain, UNKNOWN) for fact in below.values())):
        states = dict(zip(below, values, strict=True))
        for fact in asked.values():
            if fact.built.combine is not None:
                states[fact.name] = fact.built.combine(states)
        combinations.add(tuple((name, states[name]) for name in asked))
    matches = {}
    for each in combinations:
        states = dict(each)
        matches[each] = [
            found
            for found in subject.cases
            if any(all(states[fact.name] in allowed for fact, allowed in when) for when in found.when)
        ]
        reached.update(found.at.line for found in matches[each])
        if not matches[each]:
            expected.add(("gap", 1))
        for later in matches[each][1:2]:
            expected.add(("overlap", later.at.line))
    expected.update(("dead-case", found.at.line) for found in subject.cases if found.at.line not in reached)
    if subject.safety_critical:
        alarms = [
            each
            for each, found in matches.items()
            if any(one.finding and one.finding.indicator == "warning" for one in found)
            and all(state != UNKNOWN for _, state in each)
        ]
        for each, found in matches.items():
            could = any(
                all(mine in (UNKNOWN, other) for (_, mine), (_, other) in zip(each, alarm, strict=True))
                for alarm in alarms
            )
            if could and any(state == UNKNOWN for _, state in each):
                expected.update(("silent-unknown", one.at.line) for one in found if one.silent)
    return expected


@settings(max_examples=200, deadline=None)
@given(tables())
def test_the_proof_agrees_with_brute_force(subject):
    """For random tables every message, and none besides, follows from counting all combinations."""
    assert {(each.id, each.at.line) for each in proved(subject).found} == by_brute_force(subject)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_impossible_states_are_left_out_and_possible_ones_are_not(subject):
    """The space holds exactly the states of the asked facts that the facts below them allow."""
    space = space_of(subject)
    allowed = set()
    below = {each.name: each for fact in space.facts for each in (fact.needs or (fact,))}
    for values in product(*((*fact.domain, UNKNOWN) for fact in below.values())):
        states = dict(zip(below, values, strict=True))
        for fact in space.facts:
            if fact.built.combine is not None:
                states[fact.name] = fact.built.combine(states)
        allowed.add(tuple(states[fact.name] for fact in space.facts))
    assert {tuple(each.values()) for each in space.combinations} == allowed


def test_negation_is_taken_apart_too():
    """A fact and its negation are never both yes."""
    negated = Fact("n", "?", "not", NOWHERE, Built(("yes", "no"), never_asked, (A,), combine=lambda s: not_(s["a"])))
    space = space_of(rule([case(1, [(A, EVERY), (negated, EVERY)], silent="x")]))
    assert sorted(tuple(each.values()) for each in space.combinations) == sorted(
        [("yes", "no"), ("no", "yes"), (UNKNOWN, UNKNOWN)]
    )


def test_every_shipped_rule_is_proved(content):
    """Under each shipped profile every combination of every rule falls into exactly one case."""
    report = Report()
    library = read_library(content, KINDS, report)
    for profile in library.packs["isotretinoin"].profiles:
        plan = compile_plan(library, "isotretinoin", profile, report).plan
        assert report.found == ()
        for each in plan.rules:
            counts = {
                sum(any(all(s[fact.name] in ok for fact, ok in when) for when in one.when) for one in each.cases)
                for s in space_of(each).combinations
            }
            assert counts == {1}, f"{each.name} under {profile}"
