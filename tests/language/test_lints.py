"""The lints: what each finds, and what it leaves alone."""

from datetime import date
from itertools import product

import pytest
from tiny_content import ANALYTE, FACTS, PACK, PROFILE, RULE, tiny

from cds.authoring.check import examine
from cds.language.checks.check_digit import fits, mod10, verhoeff
from cds.language.checks.table import LINTS

TODAY = date(2026, 11, 24)


def found(today=TODAY, **changed):
    return [each.id for each in examine(tiny(**changed), today).diagnostics]


def test_the_tiny_content_is_clean():
    """Every lint looks at it and finds nothing."""
    assert found() == []
    assert len(LINTS) == len(set(LINTS))


@pytest.mark.parametrize("code", ["2571-8", "14927-8", "1742-6", "24331-1", "44249-1", "2106-3", "718-7"])
def test_published_codes_pass_mod_10(code):
    """The check digits of LOINC codes are computed by the Luhn algorithm."""
    assert fits(code, "mod10")
    assert str(mod10(code.partition("-")[0])) == code[-1]


@pytest.mark.parametrize("code", ["2571-9", "2517-8", "2571", "2571-88", "-8", "a571-8", "٢571-8"])
def test_damaged_codes_fail_mod_10(code):
    """A wrong digit, two exchanged, or another form is found."""
    assert not fits(code, "mod10")


@pytest.mark.parametrize("code", ["22298006", "308472003", "248152002", "73211009", "900000000000207008"])
def test_published_codes_pass_verhoeff(code):
    """The check digits of SNOMED CT codes are computed by Verhoeff's algorithm."""
    assert fits(code, "verhoeff")


def test_verhoeff_finds_every_wrong_digit_and_every_exchange():
    """That is what the algorithm is for."""
    code = "308472003"
    for place, digit in enumerate(code):
        others = (each for each in "0123456789" if each != digit)
        assert not any(verhoeff(code[:place] + each + code[place + 1 :]) for each in others)
    for place in range(len(code) - 1):
        one, two = code[place], code[place + 1]
        assert one == two or not verhoeff(code[:place] + two + one + code[place + 2 :])


def test_systems_without_a_check_digit_take_any_code():
    """Nothing is said of their codes."""
    assert fits("anything", "")


@pytest.mark.parametrize(
    ("headline", "ids"),
    [
        ("x" * 140, []),
        ("x" * 141, ["summary-length"]),
        ("x" * 121 + '{result | date | or "none"}', []),
        ("x" * 131 + '{result | date | or "none"}', ["summary-length"]),
        ('{result | date | or "' + "x" * 141 + '"}', ["summary-length"]),
    ],
)
def test_headlines_are_measured_with_what_may_fill_them(headline, ids):
    """A slot counts with the longest that is likely, or with its fallback if that is longer."""
    assert found(rule=RULE.replace("headline: No result", f"headline: '{headline}'")) == ids


DOMAINS = {
    "on_file": ("yes", "no", "unknown"),
    "high": ("yes", "no", "unknown"),
    "high_too": ("yes", "no", "unknown"),
    "tier": ("absent", "none", "raised", "unknown"),
}
COMPARED = """\
  high: {ask: High?, at_least: 300 mg/dL, of: result}
  tier: {ask: How high?, band: {raised: 300 mg/dL}, of: result}
  high_too: {ask: '?', all: [high]}
"""


def complete(asked, found):
    """A rule of two cases: one for the states asked for, with a text, and one that is silent about all others."""
    rest = [
        "{" + ", ".join(f"{name}: {state}" for name, state in zip(asked, states, strict=True)) + "}"
        for states in product(*(DOMAINS[name] for name in asked))
        if not all(state in asked[name] for name, state in zip(asked, states, strict=True))
    ]
    when = ", ".join(f"{name}: [{', '.join(states)}]" for name, states in asked.items())
    head = RULE.replace("safety_critical: yes", "safety_critical: no").split("cases:\n")[0]
    texts = "    indicator: info\n    headline: A\n    why: B\n    do: C\n    suggest: [task]\n    override: [done]\n"
    return (
        f"{head}cases:\n  - when: {{{when}}}\n    finding: LAB-01\n{texts}    found: '{found}'\n"
        f"  - when: [{', '.join(rest)}]\n    silent: x\n"
    )


@pytest.mark.parametrize(
    ("asked", "slot", "ids"),
    [
        ({"on_file": ["no"]}, "{result}", ["maybe-empty"]),
        ({"on_file": ["no"]}, '{result | or "none"}', []),
        ({"on_file": ["no"], "high": ["yes"]}, "{result}", []),
        ({"on_file": ["no"], "high": ["yes", "no"]}, "{result}", ["maybe-empty"]),
        ({"tier": ["none", "raised"]}, "{result}", []),
        ({"tier": ["absent", "raised"]}, "{result | date}", ["maybe-empty"]),
        ({"high_too": ["yes"]}, "{result}", []),
        ({"high_too": ["yes"]}, "{high | evidence}", []),
        ({"high_too": ["no"]}, "{high | evidence}", ["maybe-empty"]),
        ({"high": ["unknown"]}, "{high | why}", []),
        ({"high": ["no", "unknown"]}, "{high | why}", ["maybe-empty"]),
        ({"on_file": ["yes"]}, "{on_file | evidence}", []),
        ({"on_file": ["yes", "no"]}, "{on_file | evidence}", ["maybe-empty"]),
    ],
)
def test_a_slot_needs_a_fallback_only_where_it_can_be_empty(asked, slot, ids):
    """What a case asks for rules states out, through comparisons, bands and logic."""
    messages = found(facts=FACTS + COMPARED, rule=complete(asked, slot))
    assert [each for each in messages if not each.startswith("unused-")] == ids


def test_what_is_named_by_nothing_is_unused():
    """Facts, retrieves, parameters, sources, reasons, suggestions, words and value sets are each found."""
    facts = FACTS.replace("facts:\n", "  more: {group: labs, code_in: analyte, status: final}\nfacts:\n", 1)
    facts += "  spare: {ask: Spare?, latest: results}\n"
    facts = "parameters:\n  window: {ask: How old?, default: 31 days, min: 1 day, max: 60 days}\n" + facts
    pack = PACK.replace("overrides: {", "overrides: {later: Later, ")
    pack = pack.replace(
        "evidence: {", "evidence: {book: {title: B, section: '1', grade: label, url: 'https://b.org'}, "
    )
    pack = pack.replace("suggestions: {", "suggestions: {more: {label: M, description: M., create: Task, text: M}, ")
    assert sorted(found(facts=facts, pack=pack, profile=PROFILE + "words: {hello: Hello.}\n")) == [
        "unused-evidence",
        "unused-fact",
        "unused-override",
        "unused-parameter",
        "unused-retrieve",
        "unused-suggestion",
        "unused-word",
    ]


def test_of_a_chain_of_unused_facts_the_outermost_is_named():
    """Taking it out brings up the next, so that one reading is enough."""
    facts = FACTS + "  spare: {ask: Spare?, latest: results}\n  high: {ask: High?, above: 1 mg/dL, of: spare}\n"
    diagnostics = examine(tiny(facts=facts), TODAY).diagnostics
    assert [(each.id, each.what) for each in diagnostics] == [("unused-fact", "nothing asks for high")]


def test_what_another_profile_uses_is_not_unused():
    """A rule that one profile enables keeps its facts in use under all of them."""
    extra = RULE.replace("rule: only", "rule: extra\nenabled: by profile").replace("LAB-01", "LAB-02")
    extra = extra.replace("on_file:", "ever:").replace("not_checked: results", "not_checked: results ever")
    files = tiny(
        facts=FACTS + "  ever: {ask: Ever?, exists: results}\n",
        pack=PACK.replace("rules: [only]", "rules: [only, extra]"),
    )
    files["rules/tiny/extra.yaml"] = extra.encode()
    files["rules/tiny/profiles/there.yaml"] = PROFILE.replace("here", "there").encode() + b"enables: [extra]\n"
    assert examine(files, TODAY).diagnostics == ()
    assert examine(files, TODAY, "here").diagnostics == ()


@pytest.mark.parametrize(
    ("today", "ids"), [(date(2027, 11, 24), []), (date(2027, 11, 25), ["review-due", "review-due"])]
)
def test_a_value_set_is_due_after_a_year(today, ids):
    """The day is counted from the one that is passed in, not from the clock."""
    assert found(today=today) == ids


@pytest.mark.parametrize(("today", "ids"), [(date(2026, 12, 1), []), (date(2026, 12, 2), ["review-due"])])
def test_a_doubtful_fact_is_due_after_its_day(today, ids):
    """On the day itself it is not due yet."""
    assert (
        found(today=today, profile=PROFILE + "doubtful: [{fact: It, review: 2026-12-01, concerns: nothing}]\n") == ids
    )


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("LOINC 2571-8 is missing", ["text-names-a-code"]),
        ("2571-8 is missing", ["text-names-a-code"]),
        ("308472003 is missing", ["text-names-a-code"]),
        ("ICD-10-CM O09.5 is missing", ["text-names-a-code"]),
        ("repeat in 2-4 weeks", []),
        ("PHQ-9 of 2026-11-24, 1000 mg", []),
        ("values of 100-5", []),
        ("the LOINC panel", []),
    ],
)
def test_codes_in_texts_are_told_from_numbers(words, ids):
    """A system with a code, a number with the right check digit, or a long number is a code."""
    assert found(rule=RULE.replace("why: A result is needed.", f"why: {words}.")) == ids


@pytest.mark.parametrize(
    ("phases", "critical", "ids"),
    [
        ("[initial, unknown]", "yes", []),
        ("[initial]", "yes", ["phase-unknown"]),
        ("[initial]", "no", []),
        ("[continuation]", "yes", []),
    ],
)
def test_a_safety_critical_rule_decides_about_the_unknown_phase(phases, critical, ids):
    """Only one that looks at the first phase must; a rule for later phases may leave it out."""
    rule = RULE.replace("[initial, unknown]", phases).replace("safety_critical: yes", f"safety_critical: {critical}")
    assert found(rule=rule) == ids


def test_names_of_the_pack_are_looked_up():
    """Hooks, indicators, findings and groups that do not exist are found, wherever the pack names them."""
    pack = PACK.replace("{order-sign: {initial: [critical,", "{order-sine: {initial: [kritical, LAB-07 warning,")
    pack += "withhold: {LAB-08: {beside: [worrying]}}\nnotes: [{beside: [LAB-09], say: Hello.}]\n"
    assert sorted(found(pack=pack)) == [
        "indicator",
        "indicator",
        "unknown-finding",
        "unknown-finding",
        "unknown-finding",
        "unknown-hook",
    ]


def test_a_wrong_check_digit_is_found_once_for_a_line():
    """A system with several identifiers gives one message."""
    assert found(analyte=ANALYTE.replace("2571-8", "2571-9")) == ["check-digit"]
