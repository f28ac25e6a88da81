"""The demo page from the service's own origin: what a prescriber can do, and what comes of it."""

from browser_page import LARGER, LOOKALIKE, NAMES, ORDER, OTHER, SELECT, SIGN, VIEW
from browser_servers import fetched


def test_the_page_is_light_and_opens_the_default_patient(ehr, demo):
    """Under 100 KB with all its files; discovery, prefetch and patient-view before anybody touches anything."""
    sizes = []
    ehr.page.on("response", lambda answer: sizes.append(len(answer.body())) if "/demo" in answer.url else None)
    ehr.open(demo.url)
    assert ehr.page.get_by_label("Open the chart of").locator("option:checked").text_content() == NAMES["no-test"]
    assert sum(sizes) < 100_000
    assert len(sizes) > 5
    assert ehr.status.startswith("patient-view for no-test: no card")


def test_the_page_is_a_client_like_any_other(ehr, demo):
    """Only discovery, hooks and feedback of the service, and beside them the demonstration's own /demo addresses."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.sign()
    asked = {each.url.removeprefix(demo.url) for each in ehr.requests if each.url.startswith(demo.url)}
    hooks = {each for each in asked if not each.startswith("/demo")}
    assert hooks == {"/cds-services", *(f"/cds-services/{each}" for each in (VIEW, SELECT, SIGN))}
    others = {each.split("?")[0] for each in asked - hooks}
    assert all(each in ("/demo", "/demo/why") or each.startswith("/demo/static/") for each in others)


def test_prefetch_is_what_discovery_asks_for(ehr, demo):
    """The page fills in the templates of discovery, leaves out what it cannot, and sends what the FHIR server has."""
    ehr.open(demo.url)
    with ehr.page.expect_request(f"**/cds-services/{SELECT}") as asked:
        ehr.choose(ORDER)
    body = asked.value.post_data_json
    assert body["fhirServer"] == demo.fhir
    assert body["context"]["patientId"] == "no-test"
    assert body["context"]["selections"] == ["MedicationRequest/draft-1"]
    listed = next(each for each in ehr_discovery(ehr, demo) if each["id"] == SELECT)
    assert set(body["prefetch"]) == set(listed["prefetch"])
    assert body["prefetch"]["patient"]["id"] == "no-test"
    assert body["prefetch"]["labs"]["resourceType"] == "Bundle"


def ehr_discovery(ehr, demo):
    """The services, as discovery lists them."""
    return ehr.page.request.get(f"{demo.url}/cds-services").json()["services"]


def test_cards_come_gravest_first(ehr, demo):
    """Choosing brings a warning; signing adds what is shown before signing only; order and word by indicator."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    assert [indicator for indicator, _ in ehr.cards] == ["warning"]
    ehr.sign()
    assert [indicator for indicator, _ in ehr.cards] == ["warning", "info"]
    assert "2 cards: 1 warning, 1 info" in ehr.status
    ehr.choose(LARGER, patient="positive-test")
    ehr.sign()
    found = [indicator for indicator, _ in ehr.cards]
    assert found[0] == "critical"
    assert found == sorted(found, key=["critical", "warning", "info"].index)


def test_a_card_has_its_detail_links_and_source(ehr, demo):
    """Markdown as text elements, links that open beside the page, the source with its address."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    card = ehr.card("warning")
    assert card.locator("strong").count() > 2
    assert card.locator("em").count() == 1
    assert "**" not in card.inner_text()
    for link in card.locator("a").all():
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in link.get_attribute("rel")
    assert card.get_by_text("Source:").locator("a").get_attribute("href").startswith("https://")
    logic = card.get_by_role("list", name="Links").locator("a").first.get_attribute("href")
    assert ehr.page.request.get(logic).status == 200


def test_opening_a_chart_can_bring_a_card(ehr, demo):
    """patient-view speaks of a patient in treatment."""
    ehr.open(demo.url)
    ehr.page.get_by_label("Open the chart of").select_option("in-course")
    ehr.wait("patient-view for in-course")
    assert [indicator for indicator, _ in ehr.cards] == ["critical"]


def test_other_drugs_bring_no_card(ehr, demo):
    """Another drug, and one whose name is much alike: no card, and the page says why."""
    ehr.open(demo.url)
    for drug in (OTHER, LOOKALIKE):
        ehr.choose(ORDER)
        assert ehr.cards
        ehr.choose(drug)
        ehr.wait_said("nothing was evaluated", "silences")
        assert ehr.cards == []
        assert "no card" in ehr.status


def test_a_suggestion_is_accepted(ehr, demo, relay):
    """Feedback goes out, the draft joins the orders and the next question, and the button says that it was taken."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER)
    ehr.sign()
    card = ehr.card("warning")
    button = card.get_by_role("list", name="Suggestions").get_by_role("button").first
    label = button.inner_text()
    button.click()
    ehr.wait("Accepted")
    (sent,) = relay.wait("POST", "/feedback", 1)
    (item,) = sent.json["feedback"]
    assert item["outcome"] == "accepted"
    assert item["acceptedSuggestions"][0]["id"]
    assert sent.status == 200
    assert "The service has taken the feedback" in ehr.status
    again = relay.of("POST", SIGN)[-1].json
    kinds = [each["resource"]["resourceType"] for each in again["context"]["draftOrders"]["entry"]]
    assert kinds == ["MedicationRequest", "ServiceRequest"]
    orders = ehr.page.get_by_role("list", name="Draft orders").get_by_role("listitem")
    assert orders.count() == 2
    taken = ehr.page.get_by_role("button", name=f"Accepted: {label}")
    assert taken.get_attribute("aria-disabled") == "true"
    orders.get_by_role("button").click()
    ehr.wait("order-sign")
    assert orders.count() == 1
    assert taken.count() == 0


def test_a_suggestion_can_take_the_order_away(ehr, demo):
    """The critical card offers to delete the draft; afterwards nothing is being prescribed."""
    ehr.open(demo.url)
    ehr.choose(ORDER, patient="positive-test")
    ehr.card("critical").get_by_role("list", name="Suggestions").get_by_role("button", name="Remove").click()
    ehr.wait("Accepted")
    assert ehr.page.get_by_label("Nothing").is_checked()
    assert ehr.page.get_by_role("button", name="Sign order").get_attribute("aria-disabled") == "true"


def test_a_card_is_overridden_with_a_reason(ehr, demo, relay):
    """The reason's code goes out as feedback; the card folds, and stays so for this patient and topic."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER)
    card = ehr.card("warning")
    reason = card.get_by_label("Reason to override")
    reason.select_option(index=1)
    chosen = reason.locator("option:checked").text_content()
    card.get_by_role("button", name="Override").click()
    ehr.wait("Overridden")
    (sent,) = relay.wait("POST", "/feedback", 1)
    (item,) = sent.json["feedback"]
    assert item["outcome"] == "overridden"
    assert set(item["overrideReason"]["reason"]) == {"code", "system"}
    assert sent.status == 200
    assert ehr.page.evaluate("document.activeElement.textContent").startswith(f"Overridden: {chosen}")
    ehr.sign()
    assert ehr.page.get_by_text(f"Overridden: {chosen}").count() == 1
    assert ehr.card("warning").locator("p").first.is_hidden()


def test_a_service_without_feedback_is_no_trouble(ehr, demo, relay):
    """404 at /feedback: the page says so, and goes on."""
    relay.ways.canned["/feedback"] = (404, {"resourceType": "OperationOutcome"})
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER)
    ehr.card("warning").get_by_role("list", name="Suggestions").get_by_role("button").first.click()
    ehr.wait("Accepted")
    assert "This service takes no feedback" in ehr.status
    ehr.expected_errors = ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


def test_every_card_and_every_silence_is_explained(ehr, demo):
    """Why opens for each card; each silent rule is listed with what decided it."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.sign()
    for card in ehr.page.locator("article.card").all():
        card.get_by_text("Why this card").click()
        card.locator(".why ul.facts > li").first.wait_for()
    panel = ehr.page.locator("#silences > details")
    panel.locator("summary").first.click()
    silent = panel.locator(":scope > details")
    assert f"{silent.count()} rules are silent" in panel.locator("summary").first.inner_text()
    assert silent.count() > 20
    for each in silent.all():
        each.locator("summary").first.click()
        assert each.locator("li, p").first.is_visible()


def test_every_card_and_every_silence_says_what_would_have_to_be_different(ehr, demo):
    """The nearest other cases, each with the facts that keep it from holding; as many rules as the service tells of."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    with ehr.page.expect_response(lambda answer: "/demo/why" in answer.url) as told:
        ehr.sign()
    rules = {each["rule"]: each for each in told.value.json()["explanation"]["rules"]}
    card = ehr.card("warning")
    card.get_by_text("Why this card").click()
    sections = card.locator(".why section")
    sections.first.wait_for()
    for section in sections.all():
        told_of = next(
            each for each in rules.values() if f"({each['rule']} " in section.locator("p").first.inner_text()
        )
        section.get_by_text(f"What would have to be different ({len(told_of['wouldTake'])})").click()
        check_ways(section, told_of["wouldTake"])
    panel = ehr.page.locator("#silences > details")
    panel.locator("summary").first.click()
    decided = [each for each in rules.values() if each["verdict"] == "silent" and each.get("wouldTake")]
    assert len(decided) > 10
    for each in decided[:5]:
        one = panel.locator(
            ":scope > details", has=ehr.page.get_by_text(f"{each['title']} · {each['silent']}", exact=True)
        )
        one.locator("summary").first.click()
        one.get_by_text(f"What would have to be different ({len(each['wouldTake'])})").click()
        check_ways(one, each["wouldTake"])


def check_ways(place, ways):
    """Each way names its ending, and for each fact its question, what is needed and what is so now."""
    shown = place.get_by_text("What would have to be different").locator("..").locator(":scope > ul > li")
    assert shown.count() == len(ways)
    for item, way in zip(shown.all(), ways, strict=True):
        assert item.is_visible()
        said = item.inner_text()
        ending = f"For {way['finding']}, {way['indicator']}:" if "finding" in way else "For "
        assert said.startswith(ending)
        for need in way["needs"]:
            assert f"{need['ask']} {' or '.join(need['needs'])}, now {need['is']}" in said
            assert all(each in said for each in need.get("resolve", ()))


def test_what_could_not_be_checked_says_what_it_takes_to_know(ehr, demo, relay):
    """A group that is not sent: which data it takes, by the name of the prefetch key and of the resource."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER, patient="all-in-order")
    ehr.sign()
    ehr.tick("send the group labs", on=False)
    ehr.wait("order-sign")
    panel = ehr.page.locator("#silences > details")
    panel.locator("summary").first.click()
    open_rule = panel.locator(":scope > details", has_text="Triglycerides before the first prescription")
    open_rule.locator("summary").first.click()
    open_rule.get_by_text("What would have to be different").click()
    said = open_rule.inner_text()
    assert "yes, now unknown" in said
    assert "To know it takes laboratory results (prefetch “labs”, or Observation of a FHIR server)." in said


def test_the_page_of_the_last_call_says_it_too(ehr, demo):
    """In words under each rule; the link at the foot of the page leads there."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.sign()
    ehr.page.locator("#last").click()
    ehr.page.wait_for_url("**/demo/last")
    explained = ehr.page.locator("pre").first.inner_text()
    rules = ehr.page.request.get(f"{demo.url}/demo/last?format=json").json()["explanation"]["rules"]
    ways = [way for each in rules for way in each.get("wouldTake", ())]
    assert len(ways) > 20
    assert explained.count(" would need: ") == len(ways)


def test_taking_a_result_away_changes_the_cards(ehr, demo, relay):
    """A result that is unticked is not sent, nor can the service find it; ticked again, all is as before."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER, patient="all-in-order")
    ehr.sign()
    before = ehr.cards
    label = ehr.page.locator("#groups label", has_text="Triglyceride").first.inner_text()
    ehr.tick(label, on=False)
    assert ehr.cards != before
    sent = relay.of("POST", SIGN)[-1].json
    assert "fhirServer" not in sent
    assert not [each for each in sent["prefetch"]["labs"]["entry"] if "Triglyceride" in str(each)]
    ehr.tick(label, on=True)
    assert ehr.cards == before


def test_a_group_that_is_not_sent_is_never_silence(ehr, demo, relay):
    """A group left out is not the same as an empty one: a card says what could not be checked."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER, patient="all-in-order")
    ehr.sign()
    ehr.tick("send the group labs", on=False)
    assert "labs" not in relay.of("POST", SIGN)[-1].json["prefetch"]
    assert "not_supplied" in fetched_why(ehr, relay)
    assert any("checked" in summary.lower() for _, summary in ehr.cards), ehr.cards


def fetched_why(ehr, relay):
    """The explanation of the last call, as the page got it."""
    last = relay.of("POST", SIGN)[-1].json["hookInstance"]
    return fetched(relay.target, "GET", f"/demo/why?instance={last}")[2].decode()


def test_the_profile_is_switched(ehr, demo):
    """The same order under another country's rules, from services under a path of their own."""
    ehr.open(demo.url)
    ehr.choose(ORDER)
    ehr.sign()
    before = ehr.cards
    was = ehr.answer
    with ehr.page.expect_response(f"**/profiles/uk-2026/cds-services/{SIGN}") as answered:
        ehr.page.get_by_label("Profile").select_option("uk-2026")
    ehr.wait_answer_after(was)
    assert ehr.cards != before
    link = answered.value.json()["cards"][0]["links"][0]["url"]
    assert link.startswith(f"{demo.url}/profiles/uk-2026/rules/")
    assert ehr.page.request.get(link).status == 200
    was = ehr.answer
    ehr.page.get_by_label("Profile").select_option("us-rems-2026")
    ehr.wait_answer_after(was)
    assert ehr.cards == before


def test_a_service_cannot_put_markup_into_the_page(ehr, demo, relay):
    """HTML, script links and pictures of a card are text."""
    hostile = {
        "uuid": "1",
        "summary": "<img src=x onerror=alert(1)>",
        "indicator": "dire",
        "detail": "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://127.0.0.1/z) \\*literal\\*"
        "\n- <b>item</b>",
        "source": {"label": "<i>s</i>", "url": "javascript:alert(1)"},
        "links": [{"label": "go", "url": "javascript:alert(1)", "type": "absolute"}],
        "suggestions": [{"label": "<u>u</u>", "uuid": "2"}],
    }
    relay.ways.canned[SELECT] = (200, {"cards": [hostile]})
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER)
    card = ehr.page.locator("article.card")
    assert card.locator("img, script, b, i, u, iframe").count() == 0
    assert card.locator("a[href^='javascript']").count() == 0
    text = card.inner_text()
    for shown in ("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "*literal*", "<b>item</b>", "<u>u</u>"):
        assert shown in text
    assert "dire" in card.locator(".badge").text_content()
    ehr.wait_said("explains nothing", "silences")
    ehr.expected_errors = ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


def test_a_service_that_is_down_is_said_plainly(ehr, demo, relay):
    """An answer of 500 leaves no stale card behind."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER)
    assert ehr.cards
    relay.ways.canned[SIGN] = (500, {"resourceType": "OperationOutcome"})
    ehr.page.get_by_role("button", name="Sign order").click()
    ehr.wait_said("status 500", "status")
    assert ehr.cards == []
    ehr.expected_errors = ["Failed to load resource: the server responded with a status of 500 (Internal Server Error)"]
