"""A token is used once: in the same process, in another, after a restart, and while the shared memory is away."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from access_parties import PUBLIC, ec_key, es
from access_site import AUD, NEIGHBOUR, Hospital, guarded, site_file
from web_samples import SELECT

FILE = "replay.sqlite"


@pytest.fixture
def own(tmp_path):
    """A hospital of one test."""
    found = Hospital(tmp_path)
    with found.keys:
        yield found


def serving(own, *arguments, folder="served", data=None, more=""):
    """Its service."""
    site = site_file(own.folder, [own.client()], more)
    return guarded(own.folder / folder, site, own.ehr, *arguments, data=data)


@contextmanager
def locked(path):
    """Nobody else can write the file meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        yield
        connection.execute("rollback")


def test_a_token_is_used_once(service, ehr):
    """S-11: the second use is refused, however soon, and so is another token with the same id."""
    token = ehr.token(AUD, jti="used-once")
    service.let_in(token)
    service.refused("replay", token)
    service.refused("replay", ehr.token(AUD, jti="used-once", tenant="other"))


def test_a_token_is_used_at_one_address_only(service, ehr):
    """A token for several addresses is used up by the first of them."""
    several = [AUD, PUBLIC + SELECT, f"{PUBLIC}/cds-services"]
    token = ehr.token(several)
    service.let_in(token, "/cds-services", "GET")
    service.refused("replay", token)
    token = ehr.token(several)
    service.let_in(token)
    service.refused("replay", token, path="/cds-services", method="GET")


def test_of_many_uses_at_once_one_passes(service, ehr):
    """Over connections of their own, spread over both processes, one of 24 gets an answer."""
    for _ in range(3):
        token = ehr.token(AUD)
        with ThreadPoolExecutor(24) as pool:
            found = list(pool.map(lambda _, token=token: service.call(token)[0], range(24)))
        assert sorted(found) == [200, *[401] * 23]


def test_ids_belong_to_their_issuer(service, ehr):
    """Two EHRs may use the same id."""
    service.let_in(ehr.token(AUD, jti="of-both"))
    service.let_in(NEIGHBOUR.token(AUD, jti="of-both"))


def test_a_forged_token_uses_nothing_up(service, ehr):
    """Whoever guesses an id cannot shut out the client that is about to use it."""
    stranger = ec_key()
    claims = ehr.claims(AUD, jti="guessed")
    service.refused("signature", ehr.whole(ehr.header(), claims, lambda signed: es(stranger, signed)))
    service.let_in(ehr.whole(ehr.header(), claims))


def test_a_second_service_knows_what_the_first_has_seen(own):
    """S-17: two services over one folder of data, as two processes of one service are."""
    with serving(own) as first, serving(own, folder="second", data=own.folder / "served" / "data") as second:
        for one, other in ((first, second), (second, first)):
            token = own.ehr.token(AUD)
            one.let_in(token)
            other.refused("replay", token)


def test_a_restart_forgets_nothing(own):
    """A token that was used before the service was started anew is refused; with --no-record too."""
    for arguments in ((), ("--no-record",)):
        token = own.ehr.token(AUD)
        with serving(own, *arguments) as running:
            running.let_in(token)
        with serving(own, *arguments) as running:
            running.refused("replay", token)


def test_what_is_kept_tells_nobody_anything(own):
    """S-14: a digest and a moment; not the id, the issuer, or a part of the token."""
    with serving(own) as running:
        running.let_in(own.ehr.token(AUD, jti="MARK"))
    files = list((own.folder / "served" / "data").glob(f"{FILE}*"))
    content = b"".join(path.read_bytes() for path in files)
    assert not any(word in content for word in (b"MARK", b"ehr.example.org", b"eyJ"))
    with closing(sqlite3.connect(own.folder / "served" / "data" / FILE)) as connection:
        ((digest, until),) = connection.execute("select * from uses")
    assert (len(digest), type(until)) == (32, int)


def test_while_the_shared_memory_is_away_each_process_decides(own):
    """S-17: calls are answered, a replay to the same process is refused, and the log says so, then and afterwards."""
    with serving(own, "--workers", "1") as running:
        running.let_in(own.ehr.token(AUD))
        with locked(own.folder / "served" / "data" / FILE):
            token = own.ehr.token(AUD)
            running.let_in(token)
            running.refused("replay", token)
            assert "used tokens cannot be shared" in running.server.log.read_text()
        while "used tokens are shared by all processes again" not in running.server.log.read_text():
            running.let_in(own.ehr.token(AUD))
    with serving(own) as later:
        later.refused("replay", token)


def test_a_strict_site_refuses_what_it_cannot_be_sure_of(own):
    """``on_failure: refuse``: 503 and when to come again, not a 401, since the token may be good; nothing is lost."""
    with serving(own, "--workers", "1", more="replay: {on_failure: refuse}\n") as running:
        running.let_in(own.ehr.token(AUD))
        with locked(own.folder / "served" / "data" / FILE):
            status, headers, body = running.call(own.ehr.token(AUD))
        assert (status, headers["Retry-After"]) == (503, "1")
        assert b'"transient"' in body
        assert b"token" not in body
        while running.call(own.ehr.token(AUD))[0] != 200:
            pass


def test_the_memory_must_be_there_at_the_start(own):
    """A folder that cannot be written is said in a sentence, and nothing is served."""
    (own.folder / "file").write_text("")
    with (
        pytest.raises(AssertionError, match=r"replay\.sqlite cannot be made"),
        serving(own, "--no-record", data=own.folder / "file" / "data"),
    ):
        pass
