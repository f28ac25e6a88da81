"""``new``: what it writes passes ``check`` and ``test`` at once, and is never written over anything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cds.authoring.fmt_format import format_file
from cds.authoring.new_files import with_rule
from cds.content import ContentRoot, read_content
from cds.web.services import load_ready

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the program and its content, for files to be written into."""
    for folder in ("cds", "rules", "hooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(checkout, *words):
    """One command of the copy: exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "cds", *words],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def files_of(checkout):
    return {path: path.read_bytes() for path in (checkout / "rules").rglob("*") if path.is_file()}


def test_a_new_rule_passes_at_once(checkout):
    """Its tests too, one for each case; pack.yaml has one line more; everything is laid out; no second time."""
    before = files_of(checkout)
    code, out, _ = run(checkout, "new", "rule", "yearly-visit", "--pack", "isotretinoin", "--topic", "mood")
    assert (code, "move the line where it shall stand" in out) == (0, True)
    pack = checkout / "rules/isotretinoin/pack.yaml"
    after = files_of(checkout)
    rule = checkout / "rules/isotretinoin/yearly-visit.yaml"
    assert {path for path in after if after[path] != before.get(path)} == {
        pack,
        rule,
        rule.with_name("yearly-visit.test.yaml"),
    }
    assert after[pack] == before[pack].replace(b"  - counselling\n", b"  - counselling\n  - yearly-visit\n")
    assert "status: draft\n" in rule.read_text()
    assert "topic: mood\n" in rule.read_text()
    code, out, err = run(checkout, "check", "--today", "2026-11-24")
    assert (code, out.startswith("No findings: "), err) == (0, True, "")
    code, out, _ = run(checkout, "test", "--coverage", str(rule))
    assert out.splitlines()[-1].startswith("3 passed")
    content = read_content(ContentRoot(checkout, "checkout"))
    for path in (pack, rule, rule.with_name("yearly-visit.test.yaml")):
        name = path.relative_to(checkout).as_posix()
        assert not format_file(name, content[name], content).differs
    code, _, err = run(checkout, "new", "rule", "yearly-visit", "--pack", "isotretinoin")
    assert (code, "there already; nothing was written" in err, files_of(checkout)) == (2, True, after)


def test_a_new_pack_passes_at_once(checkout):
    """Beside the shipped one, and a rule in it as well."""
    assert run(checkout, "new", "pack", "another")[0] == 0
    assert run(checkout, "new", "rule", "second-check", "--pack", "another")[0] == 0
    code, out, err = run(checkout, "check", "--today", "2026-11-24")
    assert (code, "another under " in out.splitlines()[0], err) == (0, True, "")
    code, out, _ = run(checkout, "test", "rules/another")
    assert (code, out.startswith("6 passed")) == (0, True)
    content = read_content(ContentRoot(checkout, "checkout"))
    written = [name for name in content if name.startswith("rules/another/") or "/another-" in name]
    assert len(written) == 11
    assert [name for name in written if format_file(name, content[name], content).differs] == []
    # It has a profile of its own: what is served without a site file stays what it was.
    assert set(load_ready(content, "us-rems-2026").plans) == {"isotretinoin"}


def test_a_new_pack_in_a_folder_of_its_own(checkout):
    """With ``--rules``; without lines for editors, since no schemas lie beside it."""
    (checkout / "mine").mkdir()
    assert run(checkout, "new", "pack", "another", "--rules", "mine")[0] == 0
    assert run(checkout, "check", "--rules", "mine", "--today", "2026-11-24")[0] == 0
    assert run(checkout, "test", "--rules", "mine", "mine/another")[0] == 0
    assert "yaml-language-server" not in (checkout / "mine/another/pack.yaml").read_text()
    assert "yaml-language-server" in (ROOT / "rules/scaffolds/pack/pack.yaml.txt").read_text()


def test_a_new_value_set_passes_at_once(checkout):
    """As a draft, which no retrieve need name; as soon as it is active, one must."""
    code, out, _ = run(checkout, "new", "valueset", "some-codes", "--today", "2026-11-24")
    assert (code, "rules/valuesets/some-codes.yaml" in out) == (0, True)
    assert run(checkout, "check", "--today", "2026-11-24")[:1] == (0,)
    path = checkout / "rules/valuesets/some-codes.yaml"
    path.write_text(path.read_text().replace("status: draft", "status: active"))
    code, out, _ = run(checkout, "check", "rules/valuesets", "--today", "2026-11-24")
    assert (code, "warning[unused-valueset] nothing names some-codes" in out) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rule", "Yearly Visit"), "Yearly Visit is no name"),
        (("rule", "../visit"), "../visit is no name"),
        (("rule", "visit", "--pack", "isotretinon"), "Did you mean isotretinoin"),
        (("rule", "visit", "--pack", "isotretinoin", "--topic", "mod"), "Did you mean mood?"),
        (("rule", "age", "--pack", "isotretinoin"), "rules/isotretinoin/age.yaml: there already"),
        (("pack", "isotretinoin"), "rules/isotretinoin: there already"),
        (("valueset", "alt"), "rules/valuesets/alt.yaml: there already"),
        (("rule", "visit"), "name the pack with --pack: acitretin, isotretinoin"),
        (("rule", "visit", "--pack", "isotretinoin", "--rules", "empty"), "the pack is not there; name its folder"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_sentence(tmp_path, words, says):
    """Exit code 2; the shipped rules stay as they are."""
    (tmp_path / "empty").mkdir()
    before = files_of(ROOT)
    code, _, err = run(ROOT, "new", *(str(tmp_path / each) if each == "empty" else each for each in words))
    assert (code, says in err, files_of(ROOT) == before) == (2, True, True), err


@pytest.mark.parametrize(
    ("pack", "after"),
    [
        ("rules: [one, two] # why\n", "rules: [one, two, new] # why\n"),
        ("rules:\n  - one\n  - two # last\n# end\n", "rules:\n  - one\n  - two # last\n  - new\n# end\n"),
        ("rules:\n- one", "rules:\n- one\n- new"),
        ("rules:   \n  -   one\nmore:  1\n", "rules:   \n  -   one\n  - new\nmore:  1\n"),
        ("rules: []\n", None),
        ("other: 1\n", None),
    ],
)
def test_a_rule_is_listed_without_any_other_change(pack, after):
    """In lines and in brackets, comments kept."""
    assert with_rule(pack, "new") == after
