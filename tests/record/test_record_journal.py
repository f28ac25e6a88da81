import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_samples import AT, card, overridden, shadowed

from cds.record.entry import Entry, as_line, is_whole, read_line
from cds.record.journal import LEFT_OUT, Journal
from cds.record.moments import utc_now
from cds.record.segment import SUFFIX, left_segments, make_segment

BOUNDED = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def feedback(name):
    """An entry of one feedback item."""
    return Entry(items=(overridden(name, "done"),), received_at=AT)


def journal_in(folder, **options):
    """A journal with files of a few entries each."""
    return Journal(folder / "journal", utc_now, **options)


def rest_of(journal):
    """All entries that are not in the database, as the database gets them."""
    found = []
    while (portion := journal.next_portion()) is not None:
        found += portion.entries
        journal.done(portion)
    return found


def files(folder):
    """The files of journals in a folder."""
    return sorted((folder / "journal").glob(f"*{SUFFIX}"))


def test_an_entry_is_one_line_and_comes_back():
    """Cards, shadow findings and feedback are the same after they were a line."""
    entry = Entry((card("c1", suggestions=("s1",)),), (shadowed("d1"),), (overridden("c1", "done"),), AT)
    line = as_line(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert is_whole(line[:-1])
    assert read_line(line[:-1]) == entry


@BOUNDED
@given(st.data())
def test_a_damaged_line_is_known(data):
    """A line that was cut, or has any byte changed, is not whole."""
    line = as_line(feedback("c1"))[:-1]
    at = data.draw(st.integers(0, len(line) - 1))
    assert not is_whole(line[:at])
    assert not is_whole(line[:at] + bytes([line[at] ^ data.draw(st.integers(1, 255))]) + line[at + 1 :])


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 4), st.booleans()),
        st.tuples(st.just("write"), st.booleans(), st.none()),
        st.tuples(st.just("killed"), st.integers(0, 600), st.none()),
        st.tuples(st.just("power"), st.integers(0, 3000), st.none()),
    ),
    max_size=25,
)


class History:
    """A journal through appends, commits, kills and power failures, with what was promised meanwhile."""

    def __init__(self, folder):
        self.folder = folder
        self.made = []
        self.promised = set()  # outlives a kill
        self.synced = set()  # outlives a power failure too
        self.database = []
        self.torn = 0
        self.start()

    def start(self):
        self.journal = journal_in(self.folder, segment_bytes=700)
        self.journal.adopt()
        self.lengths = {path: path.stat().st_size for path in files(self.folder)}

    def names(self, count):
        names = [f"c{len(self.made) + number}" for number in range(count)]
        self.made += names
        return names

    def append(self, count, sync):
        names = self.names(count)
        self.journal.append([feedback(name) for name in names], sync=sync)
        self.promised.update(names)
        if sync:
            self.synced.update(names)
            newest = self.journal._own.path
            self.lengths[newest] = newest.stat().st_size

    def write(self, noted, _):
        """Commit the oldest portion; the process may be killed before it notes that."""
        portion = self.journal.next_portion()
        if portion is not None:
            self.database += [entry.items[0].card for entry in portion.entries]
            if noted:
                self.journal.done(portion)
                self.torn += portion.torn

    def killed(self, length, _):
        """Killed in the middle of an append, of which some bytes got to the file."""
        own = self.journal._own
        if own is not None and not own.closed:
            torn = b"".join(as_line(feedback(name)) for name in self.names(2))[:length]
            with own.path.open("ab") as file:
                file.write(torn)
        self.journal.abandon()
        self.start()

    def power(self, lost, _):
        """The computer fails: of each file the end that nobody synchronized is lost, or a part of it."""
        self.journal.abandon()
        for path in files(self.folder):
            size = path.stat().st_size
            os.truncate(path, max(min(self.lengths.get(path, 0), size), size - lost))
        self.promised = set(self.synced)
        self.start()


@BOUNDED
@given(STEPS)
def test_whatever_happens_all_that_was_acknowledged_comes_back(tmp_path_factory, steps):
    """Any sequence of appends, commits, kills within an append, and power failures: every acknowledged entry gets to
    the database, in its order, and nothing that was never appended."""
    history = History(tmp_path_factory.mktemp("history"))
    for name, *how in steps:
        getattr(history, name)(*how)
    history.database += [entry.items[0].card for entry in rest_of(history.journal)]
    assert history.promised <= set(history.database) <= set(history.made)
    first = list(dict.fromkeys(history.database))
    assert first == sorted(first, key=lambda name: int(name[1:]))
    assert history.journal.size == 0
    history.journal.close()
    assert files(history.folder) == []


def test_a_torn_last_line_is_counted_and_the_rest_is_read(tmp_path):
    """A process killed within an append leaves half a line: it is skipped and counted, what is before it is kept."""
    journal = journal_in(tmp_path)
    journal.append([feedback("c1"), feedback("c2")], sync=True)
    journal.abandon()
    (path,) = files(tmp_path)
    os.truncate(path, path.stat().st_size - 5)
    after = journal_in(tmp_path)
    after.adopt()
    assert rest_of(after) == [feedback("c1")]
    assert (after.adopted, after.torn) == (1, 1)
    assert files(tmp_path) == []


def test_a_damaged_line_in_the_middle_hides_no_other(tmp_path):
    """A line whose checksum is wrong is left out; those around it are kept."""
    journal = journal_in(tmp_path)
    journal.append([feedback("c1"), feedback("c2"), feedback("c3")], sync=True)
    journal.abandon()
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"c2"', b'"cX"'))
    after = journal_in(tmp_path)
    after.adopt()
    assert rest_of(after) == [feedback("c1"), feedback("c3")]
    assert after.torn == 1


def test_a_whole_line_that_is_no_entry_is_put_aside(tmp_path):
    """What cannot be understood is not thrown away: it is in a file of its own."""
    import zlib  # noqa: PLC0415

    journal = journal_in(tmp_path)
    journal.append([feedback("c1")], sync=True)
    journal.abandon()
    (path,) = files(tmp_path)
    strange = b'{"cards": 7}'
    with path.open("ab") as file:
        file.write(b"%08x %b\n" % (zlib.crc32(strange), strange))
    after = journal_in(tmp_path)
    after.adopt()
    assert rest_of(after) == [feedback("c1")]
    aside = tmp_path / "journal" / LEFT_OUT
    assert strange in aside.read_bytes()
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


def test_only_its_owner_reads_it(tmp_path):
    """The folder and its files are for the owner alone, whatever the umask."""
    old = os.umask(0)
    try:
        journal = journal_in(tmp_path)
        journal.append([feedback("c1")], sync=False)
    finally:
        os.umask(old)
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    journal.close()


def test_a_living_process_keeps_its_journal(tmp_path):
    """What a living process has is not taken over; what it left is, also when its number is used again."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_record_journal import feedback, journal_in\n"
        "journal = journal_in(Path(sys.argv[2]))\n"
        "journal.append([feedback('c1')], sync=True)\n"
        "print('there', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, Path(__file__).parent, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"there\n"
        journal = journal_in(tmp_path)
        journal.adopt()
        assert journal.next_portion() is None
        other.kill()
        other.wait()
    journal.adopt()
    assert rest_of(journal) == [feedback("c1")]


def test_two_processes_never_take_the_same(tmp_path):
    """A left file has one heir."""
    journal = journal_in(tmp_path)
    journal.append([feedback("c1")], sync=True)
    journal.abandon()
    first, second = journal_in(tmp_path), journal_in(tmp_path)
    for each in (first, second):
        each.adopt()
    assert rest_of(second) == []
    assert rest_of(first) == [feedback("c1")]


def test_a_new_file_that_another_takes_for_a_left_one_is_made_again(tmp_path, monkeypatch):
    """Between the making of a file and its lock another process may delete it: then another is made."""
    import cds.record.segment  # noqa: PLC0415

    real, calls = cds.record.segment._is_locked, []

    def deleted_first(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            for path in tmp_path.glob(f"*{SUFFIX}"):
                path.unlink()
        return real(descriptor)

    monkeypatch.setattr(cds.record.segment, "_is_locked", deleted_first)
    segment = make_segment(tmp_path, AT)
    assert len(calls) == 2
    assert segment.path.is_file()
    assert left_segments(tmp_path) == []
    segment.remove()


def test_a_file_that_was_deleted_is_not_appended_to(tmp_path):
    """Somebody clears the folder: what comes next is in a file that can be found."""
    journal = journal_in(tmp_path)
    journal.append([feedback("c1")], sync=True)
    files(tmp_path)[0].unlink()
    journal.append([feedback("c2")], sync=True)
    assert len(files(tmp_path)) == 1
    assert rest_of(journal) == [feedback("c1"), feedback("c2")]


def test_it_has_a_greatest_length_and_feedback_more_of_it_than_cards(tmp_path):
    """Decisions stop at three quarters, feedback at the whole; what is there stays, and written entries make room."""
    journal = journal_in(tmp_path, most_bytes=4000, segment_bytes=1000)

    def fill(sync):
        for count in range(100):
            try:
                journal.append([feedback(f"{sync}{count}")], sync=sync)
            except OSError:
                return count
        raise AssertionError

    cards = fill(sync=False)
    assert 2700 < journal.size <= 3000
    items = fill(sync=True)
    assert 3700 < journal.size <= 4000
    assert items > 0
    assert len(rest_of(journal)) == cards + items
    assert journal.size == 0
    journal.append([feedback("again")], sync=False)
    journal.close()


def test_a_long_line_is_read_whole(tmp_path):
    """A batch of feedback may be longer than what is read at once."""
    long = Entry(items=tuple(overridden(f"c{number}", "x" * 100) for number in range(3000)), received_at=AT)
    journal = journal_in(tmp_path)
    journal.append([feedback("c1"), long, feedback("c2")], sync=True)
    assert rest_of(journal) == [feedback("c1"), long, feedback("c2")]
    journal.close()


def test_a_portion_stays_until_it_is_done(tmp_path):
    """What was read and not written is read again; a portion has about a hundred rows."""
    journal = journal_in(tmp_path)
    journal.append([feedback(f"c{number}") for number in range(250)], sync=False)
    first = journal.next_portion()
    assert len(first.entries) == 100
    assert journal.next_portion() == first
    journal.done(first)
    assert journal.next_portion().entries[0] == feedback("c100")
    assert journal.waiting == 150
    assert len(rest_of(journal)) == 150
    journal.close()


FULL = """
import resource, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_record_journal import feedback, journal_in
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = journal_in(Path(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
for number in range(100):
    try:
        journal.append([feedback(f"c{number}a"), feedback(f"c{number}b")], sync=True)
    except OSError as error:
        print("full", flush=True)
        break
    print(number, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append([feedback("after")], sync=True)
journal.abandon()
"""


@pytest.mark.parametrize("limit", range(600, 1001, 37))
def test_a_disk_that_is_full_takes_all_of_an_append_or_nothing(tmp_path, limit):
    """Where the disk ends within a batch nothing of it stays; with room again the next one is kept."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, Path(__file__).parent, tmp_path, str(limit)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    *acknowledged, full = done.stdout.split()
    assert full == "full"
    journal = journal_in(tmp_path)
    journal.adopt()
    expected = [feedback(f"c{number}{each}") for number in acknowledged for each in "ab"]
    assert rest_of(journal) == [*expected, feedback("after")]
    assert journal.torn == 0
