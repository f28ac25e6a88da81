"""``memory:`` of a site file, and the secret that it names."""

import pytest
from site_samples import HEAD, TODAY

from cds.authoring.site_check import examine_site
from cds.cli import main
from cds.language.report import Report
from cds.language.site import SCHEMA, read_site
from cds.settings import with_files

ON = "memory: {secret_file: memory.key, overridden_warnings: yes, once_per_course: yes, because: policy 14}\n"


@pytest.fixture
def said(content, tmp_path):
    """What is said of a site file beside a secret of these bytes and this mode: id, place and message."""

    def check(words, secret=b"s" * 32, mode=0o600):
        if secret is not None:
            key = tmp_path / "memory.key"
            key.write_bytes(secret)
            key.chmod(mode)
        found = examine_site(str(tmp_path / "site.yaml"), words.encode(), content, TODAY).diagnostics
        return [(each.id, each.at.line, each.at.column, each.what) for each in found]

    return check


def test_a_memory_is_off_unless_a_site_switches_it_on(content):
    """8.3: without memory: there is none."""
    assert read_site("site.yaml", HEAD.encode(), content[SCHEMA], Report()).memory is None


def test_what_is_switched_on_is_read_with_its_secret(content, tmp_path):
    """Each part by itself; the secret is the bytes of the file, and is never shown by the value."""
    key = tmp_path / "memory.key"
    key.write_bytes(b"\x00hidden secret of more than 32 bytes\n")
    key.chmod(0o640)
    report = Report()
    words = HEAD + ON.replace("once_per_course: yes", "once_per_course: no")
    site = with_files(read_site("site.yaml", words.encode(), content[SCHEMA], report), tmp_path, report)
    assert report.found == ()
    assert (site.memory.overridden_warnings, site.memory.once_per_course) == (True, False)
    assert site.memory.secret == key.read_bytes()
    assert "hidden" not in repr(site)


@pytest.mark.parametrize(
    ("words", "secret", "mode", "expected"),
    [
        (ON, b"s" * 32, 0o600, []),
        (ON, None, 0o600, [("no-file", "memory: secret_file memory.key cannot be read: No such file or directory")]),
        (ON, b"s" * 31, 0o600, [("weak-secret", "memory.key holds 31 bytes; a secret has at least 32")]),
        (ON, b"s" * 32, 0o604, [("open-secret", "every user of this computer can read or change memory.key")]),
        (ON, b"s" * 32, 0o602, [("open-secret", "every user of this computer can read or change memory.key")]),
    ],
)
def test_a_secret_that_protects_nothing_is_refused_with_its_place(said, words, secret, mode, expected):
    """A file that is not there, too short, or open to all: an error at the name of the file."""
    assert said(HEAD + words, secret, mode) == [(id, 4, 23, what) for id, what in expected]


def test_a_memory_that_switches_nothing_on_is_refused(said):
    """A secret without a purpose is pointed out."""
    words = HEAD + "memory: {secret_file: memory.key, once_per_course: no, because: policy 14}\n"
    assert [id for id, *_ in said(words)] == ["nothing-remembered"]


def test_the_service_does_not_start_with_such_a_secret(tmp_path, capsys):
    """serve ends with 1 and the diagnostic before it listens."""
    (tmp_path / "site.yaml").write_text(HEAD + ON)
    (tmp_path / "memory.key").write_bytes(b"short")
    (tmp_path / "memory.key").chmod(0o600)
    assert main(["serve", "--open", "--site", str(tmp_path / "site.yaml"), "--data", str(tmp_path / "data")]) == 1
    assert "site.yaml:4:23: error[weak-secret]" in capsys.readouterr().err
