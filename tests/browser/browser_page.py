"""The demo page as a tester uses it, with everything that goes wrong in the browser written down."""

import json
from pathlib import Path
from urllib.parse import urlsplit

INDEX = json.loads((Path(__file__).parents[2] / "fixtures" / "demo" / "demo.json").read_bytes())
ORDER, LARGER, OTHER, LOOKALIKE = (
    f"{each['medicationCodeableConcept']['text']}, {each['dosageInstruction'][0]['text']}"
    for each in (INDEX["order"], *INDEX["other_orders"])
)
NAMES = {each["id"]: each["says"].split(".")[0] for each in INDEX["patients"]}
SELECT, SIGN, VIEW = (f"isotretinoin-{hook}" for hook in ("order-select", "order-sign", "patient-view"))


class Ehr:
    """One page. Each action waits for the answer that it asked for."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        self.expected_errors = []
        self.outside = []
        self.requests = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)

    def open(self, origin, service=""):
        """Load the page from an origin, and wait for its first answer."""
        self.page.goto(f"{origin}/demo" + (f"?service={service}" if service else ""))
        self.wait("patient-view")

    def wait(self, hook):
        """Wait until the answer of a hook is on the page, explanation and all."""
        self.page.wait_for_function(
            "hook => document.querySelector('#status').textContent.startsWith(hook)"
            " && document.querySelector('#cards').ariaBusy === 'false'"
            " && document.querySelector('#silences').hasChildNodes()",
            arg=hook,
        )

    def wait_said(self, text, place="status"):
        """Wait until a text is on the page. A function, for the page's policy forbids to evaluate text."""
        self.page.wait_for_function(
            "([place, text]) => document.getElementById(place).textContent.includes(text)", arg=[place, text]
        )

    def choose(self, order, patient=None):
        """Choose a patient, if one is given, and an order."""
        if patient is not None:
            self.page.get_by_label("Open the chart of").select_option(patient)
            self.wait(f"patient-view for {patient}")
        self.page.get_by_label(order).check()
        self.wait("order-select")

    def sign(self):
        """Press the button, and see what is shown before signing."""
        self.page.get_by_role("button", name="Sign order").click()
        self.wait("order-sign")

    def tick(self, label, *, on):
        """Tick or untick a box of the chart."""
        was = self.answer
        self.page.get_by_label(label).set_checked(on)
        self.wait_answer_after(was)

    @property
    def answer(self):
        """The number of the question whose answer is shown."""
        return int(self.page.locator("#cards").get_attribute("data-answer"))

    def wait_answer_after(self, number):
        """Wait for the answer to a later question."""
        self.page.wait_for_function("was => Number(document.querySelector('#cards').dataset.answer) > was", arg=number)

    @property
    def status(self):
        """The line that is read out."""
        return self.page.locator("#status").inner_text()

    @property
    def cards(self):
        """Indicator and summary of each card, from the top."""
        found = self.page.locator("article.card").all()
        return [(each.locator(".badge").text_content(), self.summary(each)) for each in found]

    def summary(self, card):
        """The summary of a card."""
        badge = card.locator(".badge").text_content()
        return card.locator("h3").text_content().removeprefix(badge).strip()

    def card(self, indicator):
        """The first card of an indicator."""
        return self.page.locator(f"article.card.{indicator}").first

    def _said(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _asked(self, request):
        self.requests.append(request)
        where = urlsplit(request.url)
        if where.scheme != "data" and where.hostname != "127.0.0.1":
            self.outside.append(request.url)
