"""What no text of the content may say: directives to stop, gender identity, and in a summary nothing sensitive."""

import re

import pytest

DIRECTIVES = re.compile(
    r"\b(stop|discontinue|cease)\b[^.;]*\b(now|immediately|at once|today)\b"
    r"|^\s*(stop|discontinue|cease)\b|\b(do not|don't|must not|never) (prescribe|start|give|sign|dispense|continue)"
    r"|\bis (not allowed|forbidden|prohibited)|\b(alarm|emergency)\b",
    re.IGNORECASE,
)
GENDER = re.compile(
    r"\b(trans\w*|gender\w*|female|male|woman|women|man|men|girls?|boys?|she|he|her|his)\b", re.IGNORECASE
)
SENSITIVE = {
    "mood": r"\bitem\b|phq|gad|c-ssrs|asq|suicid|self-harm|dead|depress|bipolar|psychos|schizo|anxiety|score",
    "method": r"\bpill|barrier|condom|implant|intrauterine|\biu[ds]\b|injection|\bpatch|\bring\b|steril|tubal|abstinen",
    "diagnosis": r"liver disease|hepatic failure|bone condition|osteopor|anorexia|crohn|colitis|diabetes|hiv|abuse",
}
"""Words that tell the person next to the screen more than they should know, by kind."""
OPEN = {
    "method": "CONTRA-02 and CONTRA-03 name the kind of method in their headline, as section 8.2 of the clinical "
    "specification words them: a decision is due",
    "diagnosis": "COND-01 (bone) and COND-02 name a diagnosis in their headline; COND-01 for other conditions does not",
}


def findings(several):
    """Each finding of each profile once."""
    found = {}
    for plan in several.values():
        for rule in plan.rules:
            for case in rule.cases:
                if case.finding is not None:
                    found[(plan.profile.name, rule.name, written(case.finding.headline))] = case.finding
    return found


def written(template):
    """The words of a text that the content brings; slots left out."""
    return "".join(part if isinstance(part, str) else f" {part.fallback or ''} " for part in template.parts)


def test_no_text_directs_to_stop(plans):
    """A card states what is recorded and offers what to consider; it gives no order to stop and raises no alarm."""
    for where, finding in findings(plans).items():
        for template in (finding.headline, finding.why, finding.do):
            assert DIRECTIVES.search(written(template)) is None, (where, written(template))


def test_every_critical_finding_offers_more_than_one_way(plans):
    """The reader is left a choice: each critical finding lists at least two things to consider."""
    for where, finding in findings(plans).items():
        if finding.indicator == "critical":
            assert len(re.split(r", | or |; ", written(finding.do))) > 1, where


def test_no_text_speaks_of_gender(plans):
    """Texts are neutral; only the source attributes declare that gender identity is not used."""
    for name, plan in plans.items():
        said = [written(note.say) for note in plan.notes] + list(plan.words.values())
        said += [each.title for each in plan.topics]
        for where, finding in findings({name: plan}).items():
            said += [where[2], written(finding.found), written(finding.why), written(finding.do)]
            said += [text for each in finding.suggest for text in (each.label, each.description)]
            said += [each.display for each in finding.override]
        assert [text for text in said if GENDER.search(text)] == []


@pytest.mark.parametrize("kind", SENSITIVE)
def test_no_headline_holds_anything_sensitive(plans, kind):
    """A summary is read over the shoulder: no item, no method, no diagnosis in it."""
    sensitive = re.compile(SENSITIVE[kind], re.IGNORECASE)
    assert sorted({where[2] for where in findings(plans) if sensitive.search(where[2])}) == []


def test_a_headline_is_filled_with_values_only(plans):
    """No text of a chart can reach a summary: a headline is filled with numbers, their units, and days."""
    for where, finding in findings(plans).items():
        for slot in finding.headline.slots:
            assert slot.filter in ("value", "date"), where
            assert slot.fact.carries_value or slot.fact.domain == ("yes", "no"), where
