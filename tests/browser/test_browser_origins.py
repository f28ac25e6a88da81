"""Another origin, bursts, and answers out of order: what browsers do to a service, without interception."""

from browser_page import LARGER, ORDER, OTHER, SELECT, VIEW
from browser_servers import PATIENCE_S


def test_the_page_works_from_another_origin(ehr, demo, relay, elsewhere):
    """CORS in earnest: the page of one port, the service on another, the FHIR server on a third."""
    ehr.open(elsewhere.url, relay.url)
    ehr.choose(ORDER)
    ehr.card("warning").get_by_role("button", name="Override").click()
    ehr.wait("Overridden")
    assert "The service has taken the feedback" in ehr.status
    for seen in relay.seen:
        assert seen.headers["Origin"] == elsewhere.url
        sent = {name.lower(): value for name, value in seen.answer_headers.items()}
        assert sent["access-control-allow-origin"] == "*"


def test_preflights_are_really_sent_and_answered(ehr, demo, relay, elsewhere):
    """A POST of JSON is asked for beforehand: for each service and for its feedback, before the call itself."""
    ehr.open(elsewhere.url, relay.url)
    ehr.choose(ORDER)
    ehr.card("warning").get_by_role("button", name="Override").click()
    ehr.wait("Overridden")
    for ending in (VIEW, SELECT, f"{SELECT}/feedback"):
        (preflight,) = relay.of("OPTIONS", ending)
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Request-Method"] == "POST"
        assert "content-type" in preflight.headers["Access-Control-Request-Headers"]
        assert relay.seen.index(preflight) < relay.seen.index(relay.of("POST", ending)[0])
    # Discovery needs none; of the POSTs none went without one.
    assert not relay.of("OPTIONS", "/cds-services")


def test_without_those_headers_nothing_works(ehr, demo, relay, elsewhere):
    """The proof that the browser checks: the same service, its permission lost on the way, is not read at all."""
    relay.ways.lost.add("access-control-allow-origin")
    ehr.page.goto(f"{elsewhere.url}/demo?service={relay.url}")
    ehr.wait_said("gives no answer", "status")
    assert ehr.cards == []
    assert not relay.of("POST", VIEW)
    assert any("CORS" in each for each in ehr.errors)
    ehr.expected_errors = ehr.errors


def test_the_page_calls_nobody_outside(ehr, demo):
    """Told of a service elsewhere, its own policy keeps it on this computer."""
    ehr.page.goto(f"{demo.url}/demo?service=http://192.0.2.1:9")
    ehr.wait_said("gives no answer", "status")
    assert any("Content Security Policy" in each for each in ehr.errors)
    ehr.expected_errors = ehr.errors


def test_an_explanation_is_for_whoever_made_the_call(ehr, demo):
    """Without the id of a call nothing is told, and /demo/last is not for other origins."""
    for address in ("/demo/why", "/demo/why?instance=", "/demo/why?instance=unknown"):
        assert ehr.page.request.get(f"{demo.url}{address}").status == 404
    assert "access-control-allow-origin" not in ehr.page.request.get(f"{demo.url}/demo/last").headers


def test_after_a_burst_the_last_question_has_its_answer(ehr, demo, relay, elsewhere):
    """Ten changes at once, answered out of order: the cards are those of the last, and no other ever came after."""
    ehr.open(elsewhere.url, relay.url)
    ehr.choose(LARGER)
    wanted = ehr.cards
    ehr.choose(OTHER)
    assert ehr.cards == []
    done, begun = len(relay.of("POST", SELECT)), len(relay.begun)
    with relay.lock:
        relay.ways.waits = [2.0, 1.8, 0.3, 0.6, 1.2, 0.3, 1.5, 1.4, 1.3, 0.0]
    changes = [ORDER, OTHER, LARGER, OTHER, ORDER, LARGER, ORDER, OTHER, ORDER, LARGER]
    for change in changes:
        ehr.page.get_by_label(change).check(timeout=PATIENCE_S * 1000)
    answered = relay.wait("POST", SELECT, done + len(changes))[done:]
    asked = relay.begun[begun:]
    last = asked.index(next(each.body for each in answered if b'"draft-2"' in each.body and each.body == asked[-1]))
    order = [asked.index(each.body) for each in answered]
    assert order != sorted(order), "the answers came in order: nothing was tested"
    assert order[-1] != last, "the last answer came last: nothing was tested"
    ehr.page.wait_for_timeout(300)
    assert ehr.cards == wanted
    # What was dropped was not even looked into.
    explained = [each for each in relay.of("GET", "") if each.path.startswith("/demo/why")]
    assert len(explained) < 3 + len(changes)


def test_quick_ticks_end_with_what_is_ticked(ehr, demo, relay):
    """Boxes ticked faster than answers come: the cards fit the boxes."""
    ehr.open(demo.url, relay.url)
    ehr.choose(ORDER, patient="all-in-order")
    calm = ehr.cards
    with relay.lock:
        relay.ways.waits = [0.9, 0.1, 0.6, 0.0]
    done = len(relay.of("POST", SELECT))
    box = ehr.page.get_by_label("send the group labs")
    for on in (False, True, False, True):
        box.set_checked(on)
    relay.wait("POST", SELECT, done + 4)
    ehr.page.wait_for_timeout(300)
    assert ehr.cards == calm
