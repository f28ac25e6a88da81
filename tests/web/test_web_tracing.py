"""Traces: sent by the served process to a collector on a real socket."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from otlp_collector import Collector
from web_metrics import kept, post, until
from web_samples import HERE, SIGN, as_bytes, prefetch, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.authoring.loopback import LoopbackFhir
from cds.errors import StartError
from cds.web import tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
SAMPLE = (*COMMAND, "serve", "--open", "--rules", str(HERE / "sample_rules"), "--profile", "sample", "--no-record")
VIGNETTE = Path(__file__).parents[2] / "fixtures/vignettes/V12.us.chart.json"
STEPS = ["read", "decode", "identify", "gather", "decide", "cards", "render"]


@pytest.fixture
def collector(monkeypatch):
    """A collector that processes started from here send to."""
    with Collector() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.base)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield found


def values(span):
    """Its attributes."""
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def calls(collector):
    """The spans of calls, each with its children in the order of their beginning."""
    found = {span.span_id: (span, []) for span in collector.spans if span.name == "POST /cds-services/<service_id>"}
    for span in sorted(collector.spans, key=lambda each: each.start_time_unix_nano):
        if span.parent_span_id in found:
            found[span.parent_span_id][1].append(span)
    return list(found.values())


def test_a_call_is_a_span_with_its_steps_and_searches(tmp_path, collector):
    """One span for the request, one inside it for each step in turn and for each search; each names what it is."""
    with (
        LoopbackFhir([json.loads(VIGNETTE.read_text())]) as fhir,
        served(
            tmp_path, *COMMAND, "serve", "--open", "--no-record", "--today", "2026-11-24", "--workers", "2"
        ) as running,
    ):
        body = {key: value for key, value in kept("no-labs").items() if key != "prefetch"}
        for _ in range(6):
            assert post(running, {**body, "fhirServer": fhir.base})[0] == 200
        until(lambda: len(calls(collector)) == 6)
        ids = {json.loads(line)["request_id"] for line in running.log.read_text().splitlines() if '"request"' in line}
    for span, children in calls(collector):
        assert values(span)["cds.service"] == "isotretinoin-order-sign"
        assert values(span)["http.response.status_code"] == 200
        assert values(span)["cds.request_id"] in ids
        assert [each.name for each in children if each.name != "fetch"] == STEPS
        gather = next(each for each in children if each.name == "gather")
        fetches = [each for each in children if each.name == "fetch"]
        assert {values(each)["cds.type"] for each in fetches} >= {"Patient", "Observation", "Condition"}
        assert {values(each)["cds.type"] for each in fetches} <= {
            path.split("?")[0].split("/")[0] for path in _asked(fhir)
        }
        for each in fetches:
            assert gather.start_time_unix_nano <= each.start_time_unix_nano
            assert each.end_time_unix_nano <= gather.end_time_unix_nano + 1000  # rounded to microseconds
        assert span.start_time_unix_nano <= children[0].start_time_unix_nano
        assert children[-1].end_time_unix_nano <= span.end_time_unix_nano
    patient = kept("no-labs")["context"]["patientId"]
    sent = b"".join(collector.received)
    assert not any(each.encode() in sent for each in (patient, "patient=", fhir.base, "127.0.0.1"))


def _asked(fhir):
    return [each.path for each in fhir.requests]


def test_the_caller_s_span_is_the_parent_and_its_baggage_is_dropped(tmp_path, collector):
    """traceparent joins the caller's trace; tracestate and baggage, which may hold anything, go nowhere."""
    with served(tmp_path, *SAMPLE, "--workers", "1") as running:
        body = as_bytes(request(prefetch=prefetch()))
        for parent in (f"00-{TRACE}-{CALLER}-01", f"00-{TRACE}-{CALLER}-00", "00-MARKED-MARKED-01", ""):
            headers = {"traceparent": parent, "tracestate": "ehr=MARKED", "baggage": "patient=MARKED"}
            assert running.send("POST", SIGN, body, **headers)[0] == 200
        until(lambda: len(calls(collector)) == 3)  # the caller keeps no record of the one whose flags end in 00
    traces = [(span.trace_id.hex(), span.parent_span_id.hex()) for span, _ in calls(collector)]
    assert traces.count((TRACE, CALLER)) == 1
    assert [parent for trace, parent in traces if trace != TRACE] == ["", ""]
    assert b"MARKED" not in b"".join(collector.received)
    assert "MARKED" not in running.log.read_text()
    assert TRACE not in running.log.read_text()


def test_what_was_not_sent_yet_is_sent_when_a_process_ends(tmp_path, collector, monkeypatch):
    """A process that ends right behind an answer still sends its spans."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    with served(tmp_path, *SAMPLE, "--workers", "2") as running:
        for _ in range(4):
            assert running.send("POST", SIGN, as_bytes(request(prefetch=prefetch())))[0] == 200
        assert not calls(collector)
        running.process.terminate()
        assert running.process.wait(PATIENCE_S) == 0
    assert len(calls(collector)) == 4


def test_a_collector_that_is_away_delays_no_answer_and_is_said_once_in_the_log(tmp_path, monkeypatch):
    """Answers come as ever; the log names the library that could not send, and not what it said."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with served(tmp_path, *SAMPLE, "--workers", "1") as running:
        for _ in range(3):
            assert running.send("POST", SIGN, as_bytes(request(prefetch=prefetch())))[0] == 200
        until(lambda: '"library":"opentelemetry' in running.log.read_text())
    assert "Connection refused" not in running.log.read_text()


def test_nothing_of_it_is_loaded_unless_it_is_switched_on():
    """Without the variable a service imports no OpenTelemetry, and none is made."""
    program = (
        "import sys; import cds.cli_serve, cds.web.monitoring; sys.exit(any('opentelemetry' in m for m in sys.modules))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
    assert tracing.find_tracing({}) is None
    assert tracing.find_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}) is None


def test_a_service_that_lacks_the_extra_says_so_at_the_start(monkeypatch):
    """Asked for traces without OpenTelemetry, it does not start without them: it names the extra."""
    monkeypatch.setattr(tracing, "_EXPORTER", "opentelemetry_is_not_here")
    with pytest.raises(StartError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT asks for traces.*isotretinoin-cds\[tracing\]"):
        tracing.find_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
