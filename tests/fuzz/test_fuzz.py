"""A hundred thousand bodies that nobody should send: none of them makes the service fail or hang (R-12, E-5, E-11).

They are the same in every run. ``FUZZ_SEED=7 make fuzz`` sends others.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from fuzz_mutate import Mutator
from fuzz_schema import drawn_from
from hypothesis import HealthCheck, given, settings

SCHEMAS = Path(__file__).parents[2] / "hooks" / "schemas"
SEED = int(os.environ.get("FUZZ_SEED", "0"))
SHARDS, EACH = 45, 2_000
DRAWN = 1_250
HOOKS = ("order-sign", "order-select", "patient-view", "medication-prescribe", "medication-refill")
BOUNDED = settings(
    max_examples=DRAWN, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def schema(name):
    """A schema of the wire contract."""
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def answered(service, path, body):
    """The status of an answer, which is cards or a refusal in proper form."""
    status, answer = service.post(path, body)
    if status == 200:
        assert isinstance(answer.get("cards"), list) or answer == {}
    else:
        assert status in (400, 413), (status, answer)
        assert answer["resourceType"] == "OperationOutcome"
        assert answer["issue"][0]["diagnostics"]
    return status


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_changed_request_makes_the_service_fail(service, bodies, shard):
    """Ninety thousand: real requests with members and bytes changed are answered 200 or refused with 400."""
    mutator = Mutator(SEED * SHARDS + shard, bodies)
    statuses = Counter()
    for _ in range(EACH):
        body = mutator.body()
        hook = mutator.random.choice(HOOKS) if mutator.random.random() < 0.1 else _hook_of(body)
        statuses[answered(service, f"/cds-services/{service.services[hook]}", body)] += 1
    assert statuses[200] > EACH / 10
    assert statuses[400] > EACH / 10


def _hook_of(body):
    return next((each for each in HOOKS if f'"hook": "{each}"'.encode() in body), HOOKS[0])


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("part", ["context", "whole"])
def test_no_request_drawn_from_our_schemas_makes_the_service_fail(service, hook, part):
    """Ten thousand and more: what the schemas of the wire allow, and what they nearly allow."""
    context = drawn_from(schema(f"{hook}.context"))
    drawn = context if part == "context" else drawn_from(schema("request"))

    @BOUNDED
    @given(drawn)
    def each(value):
        body = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": value}
        if part == "whole":
            body = {**value, "hook": hook}
        answered(service, f"/cds-services/{service.services[hook]}", json.dumps(body).encode())

    each()


def test_no_feedback_drawn_from_our_schema_makes_the_service_fail(service):
    """What the schema of feedback allows, and what it nearly allows, is kept or refused."""

    @BOUNDED
    @given(drawn_from(schema("feedback")))
    def each(value):
        answered(service, f"/cds-services/{service.services['order-sign']}/feedback", json.dumps(value).encode())

    each()
