"""Files of content, changed at random: only findings come out, each at a place that is in its file.

About a hundred changes in every run of the tests; ``make fuzz`` makes three thousand, and ``FUZZ_SEED=7 make
fuzz`` others.
"""

import os
import random
from datetime import date

import pytest

from cds.authoring.check import examine
from cds.authoring.diagnostics_text import render_text
from cds.authoring.fmt_format import format_file
from cds.authoring.site_check import examine_site
from cds.content import find_content, read_content
from tests.few_codes import few_codes

SEED = int(os.environ.get("FUZZ_SEED", "0"))
SHARDS = 6
EACH = int(os.environ.get("FUZZ_FILES", "96")) // SHARDS
TODAY = date(2026, 11, 24)
PROFILE = "us-acitretin"
KEPT = ("baseline-alt", "counselling", "pregnancy-tests-before-start", "contraindicated-drugs")
SIGNS = [
    *"{}[]:,'\"\t#-|&*?>!%@`\\ \n0a~",
    ": ",
    "- ",
    "? ",
    "---\n",
    "''",
    "\n  ",
    "é",
    "\x00",
    "\u200b",
    "9" * 60,
    "1e999",
]
VALUES = ["[]", "{}", "null", "''", "x", "7", "-1", "[x, x]", "{x: y}", "2026-02-30", "yes", "'{x}'", "9" * 400, ".inf"]


def _content():
    """The shipped content with one pack of a few rules, so that a change is looked at quickly."""
    shipped = read_content(find_content())
    names = [
        path.rpartition("/")[2] for path in shipped if path.startswith("rules/acitretin/") and path.count("/") == 2
    ]
    rules = {name.removesuffix(".yaml") for name in names if not name.endswith(".test.yaml")} - {"pack", "data"}
    gone = rules - set(KEPT)
    files = {}
    for path, body in shipped.items():
        folder, _, name = path.rpartition("/")
        if (folder == "rules/acitretin" and name.partition(".")[0] in gone) or path.startswith("rules/isotretinoin/"):
            continue
        files[path] = few_codes(path, body)
    for path in ("rules/acitretin/pack.yaml", f"rules/acitretin/profiles/{PROFILE}.yaml"):
        words = files[path].decode().partition("\ndoubtful:")[0] + "\n"
        kept = [line for line in words.splitlines(keepends=True) if line.strip("- \n") not in gone]
        files[path] = "".join(line for line in kept if not line.startswith("enables:")).encode()
    return files


FILES = _content()
SITE = "site.example.yaml"
SITE_BODY = (find_content().path / SITE).read_bytes()
TARGETS = sorted(path for path in FILES if path.endswith(".yaml"))
WRITTEN = [path for path in TARGETS if "/valuesets/" not in path]


class Changer:
    """Changes one text in one of many ways.

    Args:
        seed: the same one makes the same changes.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)  # noqa: S311 - the same changes for the same seed are what is wanted

    def changed(self, body):
        """The bytes of a changed file."""
        words = body.decode()
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            words = self.random.choice((self._line, self._line, self._value, self._value, self._sign, self._splice))(
                words
            )
        content = bytearray(words.encode("utf-8", "surrogatepass"))
        if self.random.random() < 0.05 and content:
            at = self.random.randrange(len(content))
            content[at : at + self.random.choice((0, 1, 40))] = self.random.choice((b"\xff", b"\x00", b"\xc3", b""))
        return bytes(content)

    def _line(self, words):
        """A line deleted, doubled, moved, indented deeper or less."""
        lines = words.splitlines(keepends=True) or [""]
        at, other = self.random.randrange(len(lines)), self.random.randrange(len(lines))
        match self.random.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = self.random.choice((" ", "  ", "\t")) + lines[at]
            case 4:
                lines[at] = lines[at][1:] if lines[at].startswith(" ") else lines[at]
            case _:
                lines[at] = lines[at].rstrip("\n")
        return "".join(lines)

    def _value(self, words):
        """A value or a key replaced by one that is none, or exchanged with that of another line."""
        lines = words.splitlines(keepends=True)
        places = [number for number, line in enumerate(lines) if ": " in line and not line.lstrip().startswith("#")]
        if not places:
            return words
        at, other = self.random.choice(places), self.random.choice(places)
        key, _, value = lines[at].partition(": ")
        match self.random.randrange(4):
            case 0:
                lines[at] = f"{key}: {lines[other].partition(': ')[2]}"
            case 1:
                lines[at] = f"{lines[other].partition(': ')[0].lstrip()}: {value}"
            case 2:
                lines[at] = f"{key}:\n"
            case _:
                lines[at] = f"{key}: {self.random.choice(VALUES)}\n"
        return "".join(lines)

    def _sign(self, words):
        at = self.random.randrange(len(words) + 1)
        return words[:at] + self.random.choice(SIGNS) + words[at + self.random.choice((0, 1, 1, 20)) :]

    def _splice(self, words):
        """The start of a file with the end of another."""
        other = FILES[self.random.choice(WRITTEN)].decode()
        return words[: self.random.randrange(len(words) + 1)] + other[self.random.randrange(len(other)) :]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_changed_file_is_a_traceback(shard):
    """Reading, compiling, proof, lints, reading of tests and layout: each change ends in findings, or in none."""
    changer = Changer(SEED * SHARDS + shard)
    for _ in range(EACH):
        path = changer.random.choice(WRITTEN if changer.random.random() < 0.9 else TARGETS)
        body = changer.changed(FILES[path])
        found = examine({**FILES, path: body}, TODAY, PROFILE).diagnostics
        assert bool(render_text(found)) == bool(found)
        for each in found:
            assert each.at.line >= 1, each
            assert each.at.column >= 1, each
            assert each.what, each
        laid_out = format_file(path, body, FILES)
        if not laid_out.found:
            assert format_file(path, laid_out.layout, FILES).layout == laid_out.layout


def test_no_changed_site_file_is_a_traceback():
    """Site files are read in another way, and are written by hospitals."""
    changer = Changer(SEED * SHARDS + SHARDS)
    for _ in range(EACH):
        body = changer.changed(SITE_BODY)
        found = examine_site(SITE, body, FILES, TODAY).diagnostics
        assert all(each.at.line >= 1 and each.what for each in found)
        format_file(SITE, body, FILES)
