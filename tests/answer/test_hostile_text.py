"""Text of a chart or a request means only itself in a card: no markup, no link, no second line."""

import json

import pytest
from answer_samples import ORDERED, prefetched, vignette
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds.cards.markdown import escape, plain
from cds.wire.response import render

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example",
    "**bold** _it_ `code` ~~gone~~",
    "# heading\n- item\n\n---\n> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[x]: https://evil.example\n\n[x]",
    "\u202egnp.exe\u2066 \u200b\x00\x07",
    "&lt;b&gt; &#60;script&#62; \\",
    "{triglycerides} {{context.patientId}} {0}",
)
FORBIDDEN = {"html_block", "html_inline", "link_open", "image", "code_block", "fence", "heading_open", "table_open"}
WORDS_OF_RESOURCES = ("display", "text", "unit", "div", "family", "given", "diagnostics", "note", "valueString")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def kinds(text):
    """The kinds of Markdown tokens in a text."""
    found = set()
    for token in MARKDOWN.parse(text):
        found.add(token.type)
        found |= {inner.type for inner in token.children or ()}
    return found


def poisoned(value, hostile):
    """A resource whose every word for people is hostile; codes, ids and dates stay."""
    if isinstance(value, dict):
        return {
            key: hostile if key in WORDS_OF_RESOURCES and isinstance(inner, str) else poisoned(inner, hostile)
            for key, inner in value.items()
        }
    return [poisoned(each, hostile) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_in_chart_and_request_stay_words(service, hostile):
    """Displays, texts, units, notes and names full of markup lead to cards with our own markup only."""
    for name in ORDERED["us"]:
        request, chart = vignette(name)
        chart = poisoned(chart, hostile)
        request = {**request, "context": {**request["context"], "draftOrders": poisoned(_orders(request), hostile)}}
        result = service.by_prefetch(request, chart)
        for card in result.cards:
            assert not FORBIDDEN & kinds(card.detail), (name, card.detail)
            assert "\n" not in card.summary


def _orders(request):
    return request["context"]["draftOrders"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_unit_is_shown_as_it_came_and_harmless(service, hostile):
    """A unit that nobody knows is quoted on the card that says so; this is where free text of a chart is shown."""
    request, chart = vignette("V01.us")
    for entry in chart["entry"]:
        quantity = entry["resource"].get("valueQuantity")
        codes = [each.get("code") for each in entry["resource"].get("code", {}).get("coding", ())]
        if quantity is not None and "2571-8" in codes:
            quantity.pop("code", None)
            quantity["unit"] = hostile
    result = service.by_prefetch(request, chart)
    (card,) = [each for each in result.cards if each.source.topic.code == "labs"]
    assert {"LIPID-01", "LIPID-05"} <= {each["id"] for each in card.extension["isotretinoin-cds.card"]["findings"]}
    assert not FORBIDDEN & kinds(card.detail)
    assert _shown(card.detail).count(plain(hostile).split()[0]) >= 1


def _shown(text):
    """What a reader sees of a text."""
    tokens = [inner for token in MARKDOWN.parse(text) for inner in token.children or ()]
    return " ".join(token.content for token in tokens if token.content)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_escaped_text_renders_as_itself(text):
    """Whatever text is escaped, a reader of the rendered Markdown sees that text, and nothing else."""
    (paragraph,) = MARKDOWN.parse("x" + escape(text) + "x")[1:2]
    seen = "".join(token.content for token in paragraph.children)
    assert {token.type for token in paragraph.children} <= {"text", "text_special"}
    assert seen.split() == ("x" + plain(text) + "x").split()


@given(st.text(max_size=30), st.sampled_from(["labs", "answers", "conditions", "medications"]))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_words_leave_every_answer_as_cds_hooks_wants_it(service, text, group):
    """Random words in a group never make an answer that breaks the schema."""
    request, chart = vignette("V39.us")
    sent = prefetched(service.groups(), request, chart)
    sent[group] = poisoned(sent[group], text)
    result = service.answer({**request, "prefetch": sent})
    assert service.ready.answer_problems(json.loads(json.dumps(render(result.cards)))) == ()
