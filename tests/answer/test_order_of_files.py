"""No order of content files changes an answer: neither that in which they are given nor that of their names."""

import json
import random

import pytest
from answer_samples import ORDERED, PROFILES, Service, lasting, vignette
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.findings.explain import explanation
from cds.web.services import load_ready

FACTS = "rules/isotretinoin/facts/"
PATIENTS = {short: ORDERED[short][:: max(1, len(ORDERED[short]) // 5)] for short in PROFILES}
"""Every few of the labelled patients, so that each order is tried in good time."""


def reordered(content, seed):
    """The same files in another order; those of facts under other names, since they are read by name."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret, and the same each time
    paths = [path for path in content if path.startswith(FACTS) and not path.endswith(".test.yaml")]
    numbers = chance.sample(range(100, 999), len(paths))
    names = {path: f"{FACTS}{number}.yaml" for path, number in zip(paths, numbers, strict=True)}
    files = [(names.get(path, path), body) for path, body in content.items()]
    chance.shuffle(files)
    return dict(files)


def told(service, name):
    """Cards and explanation, without what stands for the files themselves."""
    found = service.by_prefetch(*vignette(name))
    why = explanation(service.plan, found.patient, found.decisions)
    return json.dumps([lasting(found), why], default=str).replace(service.plan.content_hash, "hash")


@pytest.fixture(scope="module")
def usual(services):
    """What is told with the files as they lie."""
    return {(short, name): told(services[short], name) for short in PROFILES for name in PATIENTS[short]}


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), short=st.sampled_from(sorted(PROFILES)))
def test_cards_and_explanations_are_the_same_in_every_order(content, usual, seed, short):
    """Facts, rules, value sets and profiles may lie and be named in any order; only the hash of the content differs."""
    service = Service(load_ready(reordered(content, seed), PROFILES[short]))
    assert {name: told(service, name) for name in PATIENTS[short]} == {
        name: usual[short, name] for name in PATIENTS[short]
    }


def test_the_orders_that_are_tried_differ(content):
    """A shuffle changes the place of files, and the order of the names of facts, and loses nothing."""
    one, two = reordered(content, 1), reordered(content, 2)
    assert list(one) != list(two)
    assert sorted(one.values()) == sorted(content.values())
    in_order = [[body for path, body in sorted(files.items()) if path.startswith(FACTS)] for files in (content, one)]
    assert in_order[0] != in_order[1]
