"""Changed content is taken over while the service runs; broken content is not, and no call is dropped meanwhile."""

import json
import os
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from web_samples import as_bytes, request
from web_servers import COMMAND, PATIENCE_S, served

from cds.errors import ContentError, StartError
from cds.web.reload import FAILED, REFUSED, TAKEN, Reload, Watch

ROOT = Path(__file__).parents[2]
SIGN = "/cds-services/isotretinoin-order-sign"
RULE = "counselling"
SITE = "site: clinic\ntimezone: UTC\npacks: {isotretinoin: {profile: us-rems-2026}}\n"
OFF = f"rules: {{isotretinoin/{RULE}: {{mode: 'off', because: ticket 12}}}}\n"
BODY = as_bytes(request("order-sign"))


class Clinic:
    """A served process over rules and a site file that can be changed."""

    def __init__(self, server, folder):
        self.server = server
        self.site = folder / "site.yaml"
        self.rule = folder / "rules" / "isotretinoin" / f"{RULE}.yaml"

    def answer(self):
        """Status, and the content hash and the rules of one answer."""
        status, _, body = self.server.send("POST", SIGN, BODY, Content_Type="application/json")
        shown = [card["extension"]["isotretinoin-cds.card"] for card in json.loads(body)["cards"]]
        hashes = {each["contentHash"] for each in shown}
        return status, hashes, {found["rule"] for each in shown for found in each["findings"]}

    def wait_for(self, wanted):
        """Wait until several answers in a row, of whichever process, are as wanted."""
        give_up = time.monotonic() + PATIENCE_S
        in_a_row = 0
        while in_a_row < 20:
            in_a_row = in_a_row + 1 if wanted(self.answer()) else 0
            assert time.monotonic() < give_up, self.server.log.read_text()[-3000:]

    def logged(self, words):
        """Wait for a log line, and return it."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            found = [line for line in self.server.log.read_text().splitlines() if words in line]
            if found:
                return json.loads(found[-1])
            time.sleep(0.1)
        raise AssertionError(self.server.log.read_text()[-3000:])


@pytest.fixture
def clinic(tmp_path):
    """Two processes that take over what changes."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "site.yaml").write_text(SITE)
    options = ("--rules", tmp_path / "rules", "--site", tmp_path / "site.yaml", "--reload", "--workers", "2")
    with served(tmp_path, *COMMAND, "serve", "--open", *options, "--data", tmp_path) as server:
        yield Clinic(server, tmp_path)


def test_changed_rules_are_taken_over_and_no_call_is_dropped(clinic):
    """While calls go on, answers change from the old content to the new; each has one content, and none fails."""
    old = clinic.answer()[1]
    done = threading.Event()

    def keep_asking():
        found = []
        while not done.is_set():
            found.append(clinic.answer())
        return found

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(keep_asking) for _ in range(3)]
        try:
            clinic.rule.write_text(clinic.rule.read_text().replace("title: ", "title: Changed, ", 1))
            clinic.wait_for(lambda answer: answer[1] != old)
        finally:
            done.set()
        answers = [each for one in asking for each in one.result()]
    new = clinic.answer()[1]
    assert len(new) == 1
    assert {status for status, _, _ in answers} == {200}
    assert {frozenset(hashes) for _, hashes, _ in answers} <= {frozenset(old), frozenset(new)}


def test_a_rule_that_is_set_off_is_off_in_seconds_and_broken_content_changes_nothing(clinic):
    """The site file sets a rule off; a broken rule file is refused with its place; a hangup has them looked at."""
    assert RULE in clinic.answer()[2]
    clinic.site.write_text(SITE + OFF)
    clinic.wait_for(lambda answer: RULE not in answer[2])
    sound = clinic.rule.read_text()
    clinic.rule.write_text(sound.replace("topic:", "topik:"))
    refused = clinic.logged("is refused")
    assert any(f"{RULE}.yaml:" in each and "topik" in each for each in refused["problems"]), refused
    assert clinic.answer()[0] == 200
    clinic.rule.write_text(sound)
    clinic.site.write_text(SITE)
    os.kill(clinic.server.process.pid, signal.SIGHUP)
    clinic.wait_for(lambda answer: RULE in answer[2])


class Files:
    """Files that change when a test says so, and what compiling them brings."""

    def __init__(self, *outcomes):
        self.state = 0
        self.outcomes = list(outcomes)
        self.swapped = []
        self.counted = []
        self.watch = Watch(Reload(lambda: self.state, self.make, self.counted.append), self.swapped.append)

    def make(self):
        """The next outcome."""
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_what_becomes_of_each_change_is_counted():
    """Unchanged files are not compiled; broken content and a fault of ours leave the old application in place."""
    files = Files("one", ContentError(()), StartError("no"), ZeroDivisionError(), "two")
    files.watch.look()
    assert files.counted == []
    for _ in range(5):
        files.state += 1
        files.watch.look()
        files.watch.look()
    assert files.swapped == ["one", "two"]
    assert files.counted == [TAKEN, REFUSED, REFUSED, FAILED, TAKEN]


def test_files_that_are_being_written_are_waited_for():
    """A folder that changes again while it is looked at is compiled once, when it has come to rest."""
    files = Files("one")
    states = iter([1, 2, 3, 3])
    files.watch = Watch(Reload(lambda: next(states, 3) if files.state else 0, files.make), files.swapped.append)
    files.state = 1
    files.watch.look()
    files.watch.look()
    assert files.swapped == ["one"]
