"""Content that was damaged at random gives diagnostics or a sound plan, never an exception."""

import random
from datetime import date

import pytest

from cds.authoring.check import examine
from cds.authoring.diagnostics_text import render_text
from cds.content import find_content, read_content
from tests.few_codes import few_codes

TODAY = date(2026, 11, 24)
PROFILE = "us-rems-2026"
KEPT = {"rules/isotretinoin/baseline-alt.yaml", "rules/isotretinoin/high-triglycerides.yaml"}
MARKS = ["{", "}", "[", "]", ":", ",", "'", '"', "\t", "#", "-", "|", "&", "*", "0", "yes", "unknown", "é", "\x00", " "]


def content():
    """The shipped content with two of its rules and one profile, so that a damage is examined quickly."""
    shipped = read_content(find_content())
    files, gone = {path: few_codes(path, body) for path, body in shipped.items() if not path.endswith(".test.yaml")}, []
    for path in list(files):
        is_rule = path.count("/") == 2 and path.startswith("rules/isotretinoin/")
        is_profile = path.startswith("rules/isotretinoin/profiles/")
        if (is_rule and path not in KEPT and not path.endswith(("pack.yaml", "data.yaml"))) or is_profile:
            gone.append(path.split("/")[-1].removesuffix(".yaml"))
            del files[path]
    pack, profile = "rules/isotretinoin/pack.yaml", f"rules/isotretinoin/profiles/{PROFILE}.yaml"
    # Doubtful facts stand last in the profile, and name findings of rules that are gone.
    without_doubts = shipped[profile].decode().partition("\ndoubtful:")[0] + "\n"
    for path, words in ((pack, shipped[pack].decode()), (profile, without_doubts)):
        kept = [line for line in words.splitlines(keepends=True) if line.strip("- \n") not in gone]
        files[path] = "".join(line for line in kept if not line.startswith("enables:")).encode()
    return files


FILES = content()
TARGETS = sorted(
    path
    for path in FILES
    if path.endswith(".yaml") and not path.endswith(".test.yaml") and path.startswith(("rules/", "hooks/"))
)


def damaged(words, dice):
    """Text with one line deleted, doubled, replaced or exchanged, or with characters exchanged or put in."""
    lines = words.splitlines(keepends=True)
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines[at] = lines[other]
        case 3:
            lines[at], lines[other] = lines[other], lines[at]
        case 4:
            line = lines[at]
            place = dice.randrange(len(line))
            lines[at] = line[:place] + dice.choice(MARKS) + line[place + dice.randrange(2) :]
        case _:
            line = list(lines[at])
            one, two = dice.randrange(len(line)), dice.randrange(len(line))
            line[one], line[two] = line[two], line[one]
            lines[at] = "".join(line)
    return "".join(lines)


def weighted(dice):
    """Rules and facts more often than value sets, of which there are many alike."""
    written = [path for path in TARGETS if "/valuesets/" not in path]
    return dice.choice(written if dice.random() < 0.85 else TARGETS)


def test_what_is_damaged_was_proved_before():
    """Without damage the content compiles and is proved, so that a damage is not hidden behind another mistake."""
    diagnostics = examine(FILES, TODAY, PROFILE).diagnostics
    assert {each.id for each in diagnostics if each.severity == "error"} <= {"unknown-finding"}
    assert "unused-fact" in {each.id for each in diagnostics}


@pytest.mark.parametrize("seed", range(15))
def test_no_damage_is_a_traceback(seed):
    """Ten pairs of damages for each seed: the outcome is a list of diagnostics at places that are in the files."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    for _ in range(10):
        paths = {weighted(dice), weighted(dice)}
        files = {**FILES, **{path: damaged(FILES[path].decode(), dice).encode() for path in sorted(paths)}}
        found = examine(files, TODAY, PROFILE).diagnostics
        assert render_text(found) or not found
        for each in found:
            assert each.at.file in files or each.id in ("no-file", "unknown-profile"), each
            assert each.at.line >= 1, each
