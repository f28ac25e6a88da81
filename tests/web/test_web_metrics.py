"""``/metrics`` of the served process, in several processes."""

import json
import os
import shutil
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from web_metrics import Since, kept, post, read, samples, until, watched
from web_samples import HERE, prefetch, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.authoring.loopback import Faults, LoopbackFhir
from cds.web.app import create_app
from cds.web.metrics import Metrics
from cds.web.trace import add_trace

SIGN = "isotretinoin-order-sign"
CALL = ("cds_requests_total", "hook_call", SIGN, "200")


@pytest.fixture(scope="module")
def chart():
    """The FHIR server of the site's client, with the chart of one patient."""
    bundle = json.loads((Path(__file__).parents[2] / "fixtures/vignettes/V12.us.chart.json").read_text())
    with LoopbackFhir([bundle]) as fhir:
        yield fhir


@pytest.fixture(scope="module")
def running(tmp_path_factory, chart):
    """The service, with two processes."""
    with watched(tmp_path_factory.mktemp("metrics"), chart.base) as found:
        yield found


def workers(running):
    """The ids of its processes."""
    pid = running.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def folder_of(running):
    """Where its processes count, which the processes have open."""
    mapped = Path(f"/proc/{workers(running)[0]}/maps").read_text()
    return Path(next(line.split()[-1] for line in mapped.splitlines() if "isotretinoin-cds-metrics-" in line)).parent


def test_every_request_counts_once_whichever_process_answers_it(running):
    """Of calls to two processes side by side each is counted once, and every scrape tells the same."""
    since = Since(running)
    with ThreadPoolExecutor(16) as pool:
        answered = list(pool.map(lambda _: post(running, kept("other-drug")), range(200)))
    assert {status for status, _ in answered} == {200}
    assert {since(*CALL) for _ in range(20)} == {200}
    assert since("cds_call_seconds_count", SIGN) == 200
    assert since("cds_call_seconds_bucket", "+Inf", SIGN) == 200
    assert since("cds_no_trigger_total", SIGN) == 200
    counting = {path.stem.rpartition("_")[2] for path in folder_of(running).glob("histogram_*.db")}
    assert {str(pid) for pid in workers(running)} <= counting


def test_cards_rules_and_reasons_are_counted(running):
    """A card by its topic, a finding by its rule, what could not be checked by rule, why by reason and data group."""
    since = Since(running)
    status, answer = post(running, {**kept("no-labs"), "fhirServer": None})
    assert status == 200
    pack = "isotretinoin"
    for card in answer["cards"]:
        told = card["extension"]["isotretinoin-cds.card"]
        assert since("cds_cards_total", card["indicator"], pack, told["topic"]) == 1
        for each in told["findings"]:
            if each["rule"]:
                assert since("cds_findings_total", each["id"], each["indicator"], "show", pack, each["rule"]) == 1
    assert since("cds_not_checked_total", pack, "baseline-triglycerides") == 1
    assert since("cds_unknowns_total", "labs", "not_supplied") == 1
    for step in ("read", "decode", "identify", "gather", "decide", "cards", "render"):
        assert since("cds_step_seconds_count", step) == 1, step
        assert since("cds_step_seconds_sum", step) > 0, step
    assert since("cds_step_seconds_sum", "decide") < since("cds_call_seconds_sum", SIGN)


def test_an_order_without_a_drug_and_a_refused_call_are_counted(running):
    """C-2, E-5: what no card tells of is seen from outside."""
    since = Since(running)
    body = kept("other-drug")
    del body["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]
    assert post(running, body)[0] == 200
    assert post(running, {**body, "hook": "order-select"})[0] == 400
    assert post(running, {}, "nobody-knows-this")[0] == 404
    assert since("cds_unidentified_orders_total", SIGN) == 1
    assert since("cds_refused_total", "value") == 1
    assert since("cds_requests_total", "hook_call", SIGN, "400") == 1
    assert since("cds_requests_total", "hook_call", "(none)", "404") == 1


def test_searches_are_counted_by_client_and_outcome(running, chart):
    """What a client's FHIR server answered, refused and failed to answer, and that it is left alone after that."""
    body = {key: value for key, value in kept("no-labs").items() if key != "prefetch"}
    body["fhirServer"] = chart.base
    since = Since(running)
    assert post(running, body)[0] == 200
    good = since("cds_fetches_total", "ward", "ok")
    assert good > 5
    assert since("cds_fetch_seconds_count", "ward") == good
    chart.faults = Faults(status={"Observation": 500, "Condition": 403})
    assert post(running, body)[0] == 200
    assert since("cds_fetches_total", "ward", "fetch_failed") == 2
    assert since("cds_fetches_total", "ward", "not_permitted") == 1
    chart.faults = Faults()


def test_a_server_that_is_left_alone_shows_until_it_is_asked_again(tmp_path):
    """Three calls that cannot connect: further searches count as left alone, and the state says which client's."""
    with watched(tmp_path, "http://127.0.0.1:9/fhir", workers=1) as running:
        body = {**kept("no-labs"), "fhirServer": "http://127.0.0.1:9/fhir"}
        since = Since(running)
        for _ in range(4):
            assert post(running, body)[0] == 200
        assert since("cds_fetches_total", "ward", "fetch_failed") >= 3
        assert since("cds_fetches_total", "ward", "left_alone") >= 1
        until(lambda: samples(running)["cds_breaker_open", ("ward",)] == 1)


def test_feedback_and_records_are_counted(running):
    """Feedback that is on record by its outcome, cards on disk, nothing lost, and nothing left in the queue."""
    since = Since(running)
    _, answer = post(running, kept("no-tests-no-contraception"))
    at = {"outcomeTimestamp": "2026-11-24T09:30:00Z"}
    taken = {"acceptedSuggestions": [{"id": str(uuid4())}]}
    items = [
        {"card": str(uuid4()), "outcome": "overridden", **at},
        {"card": str(uuid4()), "outcome": "overridden", **at},
        {"card": str(uuid4()), "outcome": "accepted", **taken, **at},
    ]
    assert post(running, {"feedback": items}, f"{SIGN}/feedback")[0] == 200
    assert since("cds_feedback_items_total", "overridden") == 2
    assert since("cds_feedback_items_total", "accepted") == 1
    until(lambda: since("cds_record_written_total") >= len(answer["cards"]))
    until(lambda: samples(running)["cds_record_waiting", ()] == 0)
    told = samples(running)
    assert (told["cds_record_dropped_total", ()], told["cds_record_down", ()]) == (0, 0)


def test_the_content_in_force_is_told(running):
    """Hash, pack, version and profile, as /readyz tells them."""
    state = json.loads(running.send("GET", "/readyz")[2])
    told = {labels: value for (name, labels), value in samples(running).items() if name == "cds_content_info"}
    version = state["packs"]["isotretinoin"]
    assert told == {
        (client, state["contentHash"], "isotretinoin", "us-rems-2026", version): 1 for client in ("(none)", "ward")
    }
    assert samples(running)["cds_reloads_total", ("taken",)] == 0


def test_the_requests_under_way_include_the_one_that_asks(running):
    """The gauge goes up and comes back, whatever was answered meanwhile."""
    for path in ("/cds-services", "/nothing"):
        running.send("GET", path)
        running.send("OPTIONS", path, Access_Control_Request_Method="POST")
    until(lambda: samples(running)["cds_in_flight_requests", ()] == 1)


def test_no_request_adds_a_label(running):
    """Whatever stands in a request, labels are our own: unknown services, paths, methods and words add none."""
    post(running, {}, "no-such-service")
    before = {labels for _, labels in samples(running)}
    for name in ("a", "b", "c"):
        post(running, {"hook": name, name: name}, f"no-such-{name}")
        running.send("GET", f"/{name}", X_Request_Id=name)
        running.send(name.upper() * 4, f"/rules/{name}")
    added = {labels for _, labels in samples(running)} - before
    assert {word for labels in added for word in labels} <= {"(none)", "404", "405", "pack_page", "rules_page"}


def test_a_process_that_dies_is_replaced_and_its_counts_stay(tmp_path, chart):
    """A killed process: the service goes on, no count is lost, and what only the dead one was in is gone."""
    with watched(tmp_path, chart.base) as running:
        since = Since(running)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: post(running, kept("other-drug")), range(50)))
        assert since(*CALL) == 50
        folder = folder_of(running)
        dead, alive = workers(running)
        os.kill(dead, signal.SIGKILL)
        until(lambda: len(workers(running)) == 2 and dead not in workers(running))
        assert alive in workers(running)
        assert '"event":"Unexpected exit from worker-' in running.log.read_text()
        until(lambda: _answers(running))
        assert not list(folder.glob(f"gauge_live*_{dead}.db"))
        assert list(folder.glob(f"counter_{dead}.db"))
        told = Since(running)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: post(running, kept("other-drug")), range(50)))
        assert (since(*CALL), told(*CALL)) == (100, 50)
        until(lambda: samples(running)["cds_in_flight_requests", ()] == 1)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
        assert not folder.exists()


def test_new_content_takes_the_place_of_the_old(tmp_path, ready):
    """After a reload only the new content is in force, and reloads are counted by how they ended."""
    metrics = Metrics(tmp_path)
    metrics.begin(ready, ())
    plans = {name: replace(plan, content_hash="b" * 64) for name, plan in ready.plans.items()}
    metrics.content(replace(ready, plans=plans))
    for how in ("taken", "refused", "refused"):
        metrics.reloaded(how)
    told = read(metrics.text().decode())
    assert in_force(told) == {"b" * 64}
    assert told["cds_reloads_total", ("taken",)] == 1
    assert told["cds_reloads_total", ("refused",)] == 2


def test_a_reload_is_counted_and_its_content_told(tmp_path):
    """S-26: changed content is in force in the metrics as in /readyz; content that is broken is counted as refused."""
    rules = tmp_path / "rules"
    shutil.copytree(HERE / "sample_rules", rules)
    command = (*COMMAND, "serve", "--open", "--profile", "sample", "--rules", str(rules), "--no-record", "--reload")
    with served(tmp_path, *command, "--workers", "2") as running:
        first = in_force(samples(running))
        pack = rules / "sample" / "pack.yaml"
        good = pack.read_text()
        pack.write_text(f"{good}# changed\n")
        until(lambda: samples(running)["cds_reloads_total", ("taken",)] == 1)
        second = in_force(samples(running))
        assert len(first) == len(second) == 1
        assert first != second
        until(lambda: json.loads(running.send("GET", "/readyz")[2])["contentHash"] in second)
        pack.write_text("nothing: of the kind\n")
        until(lambda: samples(running)["cds_reloads_total", ("refused",)] == 1)
        assert in_force(samples(running)) == second
        until(lambda: samples(running)["cds_in_flight_requests", ()] == 1)


def in_force(told):
    """The hashes of the content in force."""
    return {labels[1] for (name, labels), value in told.items() if name == "cds_content_info" and value}


def test_what_an_observer_gets_wrong_costs_no_answer(ready, settings, caplog):
    """A call is answered, and the log says what failed, when counting fails."""

    def broken(_):
        raise ValueError

    app = create_app(ready, settings)
    app.before_request_funcs = {}
    app.after_request_funcs = {}
    add_trace(app, [broken])
    answer = app.test_client().post("/cds-services/sample-order-sign", data=json.dumps(request(prefetch=prefetch())))
    assert (answer.status_code, len(answer.json["cards"])) == (200, 2)
    assert "request was not measured" in caplog.messages


def _answers(running):
    try:
        return running.send("GET", "/metrics")[0] == 200
    except OSError:
        return False
