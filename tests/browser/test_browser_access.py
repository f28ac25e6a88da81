"""The page for everybody: by keyboard alone, with names for screen readers, and with enough contrast."""

from itertools import pairwise

import pytest
from browser_page import NAMES, ORDER

CONTROLS = {"button", "checkbox", "radio", "combobox", "link", "DisclosureTriangle", "textbox", "listbox"}
# Contrast as WCAG 2 has it, of every visible text against the nearest background that is not transparent.
CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  let looked = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const holder = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !holder.checkVisibility() || holder.closest("script, noscript")) continue;
    const [one, other] = [light(parse(getComputedStyle(holder).color)), light(behind(holder))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    looked += 1;
    if (ratio < 4.5) poor.push([walk.currentNode.data.trim().slice(0, 40), ratio]);
  }
  return { looked, poor };
}"""
FOCUSED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return { seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, tag: at.tagName,
           name: at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent };
}"""


def everything_open(ehr, demo):
    """The page with cards and all that opens open."""
    ehr.open(demo.url)
    ehr.choose(ORDER, patient="labs-missing")
    ehr.sign()
    for card in ehr.page.locator("article.card").all():
        card.get_by_text("Why this card").click()
        card.locator(".why > *").first.wait_for()
    ehr.page.locator("#silences summary").first.click()


def test_every_control_has_a_name(ehr, demo):
    """As the browser tells assistive technology."""
    everything_open(ehr, demo)
    session = ehr.page.context.new_cdp_session(ehr.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    controls = [each for each in nodes if not each["ignored"] and each["role"]["value"] in CONTROLS]
    assert len(controls) > 40
    assert {each["role"]["value"] for each in controls} >= {"button", "checkbox", "radio", "combobox", "link"}
    unnamed = [each["role"]["value"] for each in controls if not each.get("name", {}).get("value", "").strip()]
    assert unnamed == []


def test_the_page_has_structure(ehr, demo):
    """One h1, no level of heading left out, no id twice, landmarks with names, a live region, a language."""
    everything_open(ehr, demo)
    levels = [int(each[1]) for each in ehr.page.eval_on_selector_all("h1,h2,h3,h4", "all => all.map(h => h.tagName)")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = ehr.page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(ids) == len(set(ids))
    assert ehr.page.get_by_role("region").count() >= 2
    assert ehr.page.get_by_role("main").count() == 1
    assert ehr.page.get_by_role("status").count() == 1
    assert ehr.page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(ehr, demo, scheme):
    """4.5 to 1 at least, in the light and in the dark."""
    ehr.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    everything_open(ehr, demo)
    found = ehr.page.evaluate(CONTRAST)
    assert found["looked"] > 100
    assert found["poor"] == []


def test_everything_is_done_by_keyboard(ehr, demo):
    """Patient, order, signing, why, suggestion and override, with the focus in sight at every step."""
    ehr.open(demo.url)
    keyboard = ehr.page.keyboard
    assert go_to(ehr, "Skip to the cards")["tag"] == "A"
    go_to(ehr, "Open the chart of")
    keyboard.type(NAMES["labs-missing"][:2])
    ehr.wait("patient-view for labs-missing")
    go_to(ehr, "Nothing")
    keyboard.press("ArrowDown")
    ehr.wait("order-select")
    assert ehr.page.get_by_label(ORDER).is_checked()
    go_to(ehr, "Sign order")
    keyboard.press("Enter")
    ehr.wait("order-sign")
    go_to(ehr, "Why this card")
    keyboard.press("Enter")
    ehr.page.locator(".why ul.facts").first.wait_for()
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    ehr.wait("Overridden")
    assert ehr.page.evaluate("document.activeElement.textContent").startswith("Overridden")
    suggestion = ehr.page.locator("article.card .suggestions button:visible").first.inner_text()
    go_to(ehr, suggestion)
    keyboard.press("Space")
    ehr.wait("Accepted")
    assert ehr.page.evaluate("document.activeElement.id") == "cards-title"
    go_to(ehr, "The last call in full")


def go_to(ehr, name):
    """Press Tab until the control of this name has the focus, and has it in sight."""
    for _ in range(120):
        ehr.page.keyboard.press("Tab")
        found = ehr.page.evaluate(FOCUSED)
        if found["tag"] != "BODY":
            assert found["seen"], found
        if found["name"].strip().startswith(name):
            return found
    raise AssertionError(f"Tab does not lead to {name}")


def test_a_narrow_screen_needs_no_sideways_scrolling(ehr, demo):
    """320 CSS pixels wide, as WCAG's reflow asks."""
    ehr.page.set_viewport_size({"width": 320, "height": 800})
    everything_open(ehr, demo)
    assert ehr.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_taking_a_box_away_keeps_the_focus(ehr, demo):
    """Where the tester was, the tester stays."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.page.get_by_label("send the group labs").focus()
    was = ehr.answer
    ehr.page.keyboard.press("Space")
    ehr.wait_answer_after(was)
    assert ehr.page.evaluate("document.activeElement.dataset.name") == "labs"
