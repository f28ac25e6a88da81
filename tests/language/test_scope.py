"""Names: what is in force where, and what is said of a name that is not."""

from tiny_content import DATA, FACTS, PACK, PROFILE, RULE, compiled, ids


def test_a_rule_may_give_a_shared_name_another_meaning():
    """The fact of the rule goes before the pack's, and keeps a name of its own."""
    rule = RULE.replace("cases:\n", "facts:\n  on_file: {ask: Ever?, exists: results}\ncases:\n", 1)
    plan, report = compiled(rule=rule)
    assert ids(report) == []
    assert [fact.name for when in plan.plan.rules[0].cases[0].when for fact, _ in when] == ["only.on_file"]


def test_a_fact_is_compiled_once():
    """Two cases that ask for a fact ask for the same object."""
    plan, _ = compiled()
    first, second = (case.when[0][0][0] for case in plan.plan.rules[0].cases[:2])
    assert first is second


def test_a_circle_is_named_and_ends():
    """The chain is shown, and compiling goes on."""
    facts = FACTS + "  a: {ask: A?, all: [b]}\n  b: {ask: B?, all: [c]}\n  c: {ask: C?, all: [a]}\n"
    _, report = compiled(facts=facts)
    assert [(each.id, each.what) for each in report.found] == [("circle", "a asks for itself: a → b → c → a")]


def test_an_unknown_name_offers_the_nearest():
    """A misspelt fact is answered with what it may have been."""
    _, report = compiled(rule=RULE.replace("{on_file: yes}", "{on_flie: yes}"))
    assert [(each.id, each.remedy) for each in report.found] == [("unknown-fact", "Did you mean on_file?")]


def test_a_state_that_a_fact_never_has_is_refused():
    """A condition on it would never hold."""
    _, report = compiled(rule=RULE.replace("{on_file: yes}", "{on_file: maybe}"))
    assert [each.id for each in report.found] == ["unknown-state"]


def test_a_limit_is_brought_into_the_unit_of_the_value():
    """A limit in mmol/L or g/L is compared in the unit of the value set, or refused."""
    for limit, wrong in (
        ("5 g/L", []),
        ("500 mg/dL", []),
        ("5 U/L", ["unit"]),
        ("5", ["setting"]),
        ("5 stones", ["unit"]),
    ):
        facts = FACTS + f"  high: {{ask: High?, at_least: {limit}, of: result}}\n"
        assert ids(compiled(facts=facts)[1]) == wrong, limit


def test_words_that_only_a_note_shows_count_as_used():
    """A note of the pack is a text like any other."""
    pack = PACK + "notes:\n  - say: '{greeting}'\n"
    plan, report = compiled(pack=pack, profile=PROFILE + "words: {greeting: Good morning.}\n")
    assert ids(report) == []
    assert "word greeting" in plan.used


def test_a_group_that_only_a_text_looks_at_is_asked_for():
    """Else the card would say that there is nothing, and nobody had looked."""
    data = DATA + "  orders: {title: orders, search: ServiceRequest, by: patient, id: context.patientId}\n"
    facts = FACTS.replace("facts:\n", "  ordered: {group: orders, status: active}\nfacts:\n", 1)
    facts += "  tests_ordered: {ask: Ordered?, exists: ordered}\n"
    rule = RULE.replace("'Latest: {result", '\'{tests_ordered | evidence | or "none ordered"}; {result')
    plan, report = compiled(data=data, facts=facts, rule=rule)
    assert ids(report) == []
    assert "orders" in plan.plan.needs["order-sign"]
