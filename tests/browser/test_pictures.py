"""The pictures of docs/, made with ``--screenshots DIR`` only: a tester's way through the demonstration."""

import pytest
from browser_page import ORDER

MOST_BYTES = 200_000
# Milliseconds differ from one time to the next, and a picture need not.
WITHOUT_TIME = """() => {
  const status = document.querySelector("#status");
  status.textContent = status.textContent.replace(/, in \\d+ ms/, "");
}"""
SCROLLED = """top => {
  const at = top ? document.querySelector(top).getBoundingClientRect().top + scrollY - 12 : 0;
  scrollTo(0, at);
}"""


@pytest.fixture
def picture(ehr, request):
    """Takes a picture of the page, from its top or from an element downwards."""
    folder = request.config.getoption("--screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(name, height, top=None):
        ehr.page.set_viewport_size({"width": 1040, "height": height})
        ehr.page.evaluate(WITHOUT_TIME)
        ehr.page.evaluate("() => { document.body.style.zoom = 0.75; }")
        ehr.page.evaluate(SCROLLED, top)
        path = folder / name
        ehr.page.screenshot(path=path, scale="css", animations="disabled")
        assert path.stat().st_size < MOST_BYTES

    return take


def test_picture_of_the_cards(ehr, demo, picture):
    """The default patient, before signing."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.sign()
    picture("demo-cards.png", 830)


def test_picture_of_a_critical_card(ehr, demo, picture):
    """A critical card, one of its suggestions taken."""
    ehr.open(demo.url)
    ehr.choose(ORDER, patient="positive-test")
    ehr.card("critical").get_by_role("list", name="Suggestions").get_by_role("button").first.click()
    ehr.wait("Accepted")
    ehr.page.evaluate("document.activeElement.blur()")
    picture("demo-critical.png", 780)


def test_picture_of_the_reasons(ehr, demo, picture):
    """Why this card, and why no other."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.card("warning").get_by_text("Why this card").click()
    ehr.page.locator(".why ul.facts").first.wait_for()
    ehr.page.locator("#silences summary").first.click()
    silent = ehr.page.locator("#silences > details > details")
    silent.nth(1).locator("summary").first.click()
    ehr.page.evaluate("document.activeElement.blur()")
    picture("demo-why.png", 880, top=".card .links")


def test_picture_of_a_group_that_is_not_sent(ehr, demo, picture):
    """The chart is in order, but the EHR does not send the results."""
    ehr.open(demo.url)
    ehr.choose(ORDER, patient="all-in-order")
    ehr.tick("send the group labs", on=False)
    ehr.page.evaluate("document.activeElement.blur()")
    picture("demo-not-sent.png", 660)
