"""How long keys are kept and how often they are fetched; buckets and memories, by clocks of the tests' own."""

import json
import threading
import time

import pytest
from access_parties import KeyServer, ec_key, jwk_of, make_authority

from cds.chart.route import Route
from cds.web.denial import DeniedError
from cds.web.key_cache import BETWEEN_FETCHES_S, FETCHES_AT_ONCE, STALE_S, KeyCache
from cds.web.key_fetch import Fetched, FetchError, fetch_key_set
from cds.web.rate import Bucket
from cds.web.replay import Memory, Replays, Seen

LIFE_S = 600.0
PATIENCE_S = 30


class Publisher:
    """A key set that is fetched, its trouble, and a clock."""

    def __init__(self, *ids):
        self.now = 1000.0
        self.ids = list(ids)
        self.fetches = 0
        self.trouble = ""
        self.said = []
        self.gate = threading.Event()
        self.gate.set()
        self.done = threading.Semaphore(0)

    def fetch(self):
        """Fetches."""
        self.fetches += 1
        try:
            assert self.gate.wait(PATIENCE_S)
            if self.trouble:
                raise FetchError(self.trouble)
            return Fetched(json.dumps({"keys": [jwk_of(KEY, each) for each in self.ids]}).encode(), LIFE_S)
        finally:
            self.done.release()

    def cache(self):
        """A cache over it."""
        return KeyCache(self.fetch, self.said.append, lambda: self.now)


KEY = ec_key()


def knows(cache, key_id):
    """Whether the cache has a key: true, or why not."""
    try:
        return cache.find(key_id, "ES384").id == key_id
    except DeniedError as error:
        return str(error.why)


def settled(cache):
    """Wait until no fetch is under way."""
    under_way = cache._under_way
    assert under_way is None or under_way.wait(PATIENCE_S)


def test_keys_are_fetched_once_while_they_are_fresh():
    """S-13: a key set has a lifetime."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    assert [knows(cache, each) for each in "abab"] == [True] * 4
    publisher.now += LIFE_S - 1
    assert knows(cache, "a") is True
    assert publisher.fetches == 1


def test_keys_that_are_no_longer_fresh_are_used_while_new_ones_come():
    """Nobody waits for a renewal; what it brings counts from then on."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    assert knows(cache, "a") is True
    publisher.now += LIFE_S + 1
    publisher.ids = ["b", "c"]
    publisher.gate.clear()
    assert knows(cache, "a") is True
    publisher.gate.set()
    settled(cache)
    assert publisher.fetches == 2
    assert [knows(cache, each) for each in "bc"] == [True, True]
    assert knows(cache, "a") == "unknown-key"


def test_keys_outlive_their_server_for_a_while():
    """S-13: while it is down the old keys are used, and the log says why; after twelve hours they are not."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    assert knows(cache, "a") is True
    publisher.trouble = "ConnectionError"
    publisher.now += LIFE_S + STALE_S - 1
    assert knows(cache, "a") is True
    settled(cache)
    publisher.now += 2
    assert knows(cache, "a") == "no-keys"
    assert set(publisher.said) == {"ConnectionError"}
    publisher.trouble = ""
    publisher.now += BETWEEN_FETCHES_S
    assert knows(cache, "a") is True


def test_an_unknown_key_is_fetched_for_now_and_then():
    """S-13: a few times at once, then every 30 seconds; between them it is refused without a fetch."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    assert {knows(cache, f"new-{number}") for number in range(50)} == {"unknown-key"}
    assert publisher.fetches == FETCHES_AT_ONCE
    publisher.now += BETWEEN_FETCHES_S + 0.001
    publisher.ids.append("c")
    assert knows(cache, "c") is True
    assert publisher.fetches == FETCHES_AT_ONCE + 1
    assert knows(cache, "d") == "unknown-key"
    assert publisher.fetches == FETCHES_AT_ONCE + 1


def test_a_first_fetch_for_an_unknown_key_is_not_repeated():
    """What was fetched a moment ago is not fetched again for the same token."""
    publisher = Publisher("a", "b")
    assert knows(publisher.cache(), "c") == "unknown-key"
    assert publisher.fetches == 1


def test_many_callers_make_one_fetch():
    """One thread fetches; those that need the keys wait for it, a few of them, and the others are refused."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    publisher.gate.clear()
    found = []
    callers = [threading.Thread(target=lambda: found.append(knows(cache, "a"))) for _ in range(20)]
    for each in callers:
        each.start()
    while len(found) < 12:
        time.sleep(0.01)
    publisher.gate.set()
    for each in callers:
        each.join(PATIENCE_S)
    assert publisher.fetches == 1
    assert (found.count(True), found.count("no-keys")) == (8, 12)


def test_keys_are_fetched_before_the_first_call():
    """warm() begins and waits for nothing; the first call finds the keys there."""
    publisher = Publisher("a", "b")
    cache = publisher.cache()
    cache.warm()
    settled(cache)
    assert publisher.fetches == 1
    publisher.trouble = "ConnectionError"
    assert knows(cache, "a") is True


@pytest.mark.parametrize(
    ("said", "life"),
    [
        ("", 600),
        ("public, max-age=1200", 1200),
        ("max-age=1", 60),
        ("max-age=999999", 3600),
        ("no-store", 60),
        ("private, no-cache", 60),
        ("max-age=x", 600),
    ],
)
def test_a_server_says_how_long_its_keys_are_fresh(tmp_path, said, life):
    """S-13: Cache-Control counts, from a minute to an hour."""
    authority = make_authority(tmp_path)
    with KeyServer(authority) as server:
        headers = {"Cache_Control": said} if said else {}
        server.pages["/keys"] = lambda handler: handler.answer(b"{}", **headers)
        assert fetch_key_set(f"{server.url}/keys", Route(ca_file=authority.ca_file), PATIENCE_S) == Fetched(b"{}", life)


def test_keys_are_not_fetched_in_the_clear():
    """S-13: https alone, whatever a caller of the function says."""
    with pytest.raises(FetchError, match="not of https"):
        fetch_key_set("http://127.0.0.1:9/keys", Route())


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[fe80::1]"])  # noqa: S104 - asked, not bound
def test_keys_are_not_fetched_from_metadata_services(host):
    """S-23: not even an address of the site file leads there."""
    with pytest.raises(FetchError, match="nothing may be fetched from"):
        fetch_key_set(f"https://{host}/keys", Route(private_address=True))


def test_a_bucket_fills_up_evenly():
    """So many at once, so many a second on average, and how long to wait."""
    now = [0.0]
    bucket = Bucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    assert bucket.wait_s() == 1
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    assert Bucket(1 / 30, 1, lambda: now[0]).wait_s() == 1


def test_a_memory_forgets_what_is_over():
    """Bounded: uses whose time is over go, and the oldest when there are too many."""
    now = [0.0]
    memory = Memory(lambda: now[0], most=3)
    assert memory.first(b"a", 10) is True
    assert memory.first(b"a", 10) is False
    now[0] = 10.0
    assert memory.first(b"a", 20) is True
    assert [memory.first(each, 20) for each in (b"b", b"c")] == [True, True]
    assert memory.first(b"a", 20) is False
    assert memory.first(b"d", 20) is True
    assert memory.first(b"a", 20) is True


def test_a_process_decides_where_nobody_else_can():
    """S-17: its own memory comes first, and is asked alone while the shared one is silent, which is counted."""

    class Silent:
        answers = (True, None, False)

        def __init__(self):
            self.asked = 0

        def first(self, *_):
            self.asked += 1
            return self.answers[self.asked - 1]

    counted, shared = [], Silent()
    replays = Replays(shared, lambda: counted.append(1), Memory(lambda: 0.0))
    found = [replays.look("issuer", use, 10) for use in ("a", "a", "b", "b", "c")]
    assert found == [Seen.NEVER, Seen.BEFORE, Seen.UNKNOWN, Seen.BEFORE, Seen.BEFORE]
    assert (shared.asked, len(counted)) == (3, 1)
    assert Replays(None, lambda: None, Memory(lambda: 0.0)).look("issuer", "a", 10) is Seen.NEVER
