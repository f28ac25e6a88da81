"""README and docs: two commands to set up, links that lead somewhere, command lines that the program understands."""

import re
import shlex
from pathlib import Path

import pytest

from cds.cli import PROGRAM, _parser

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted(
    path
    for path in (
        README,
        ROOT / "CHANGELOG.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("*/README.md"),
        *ROOT.glob("rules/**/*.md"),
    )
    if path.is_file()
)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


def fenced(text):
    """Lines of fenced code, prompts taken off and continued lines joined."""
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.strip().removeprefix("$ ")


def prose(text):
    """A page without its fenced code."""
    return FENCE.sub("", text)


def anchors(page):
    """The anchors that headings of a page make on common Git hosts."""
    found = set()
    for heading in HEADING.findall(prose(page.read_text(encoding="utf-8"))):
        plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def test_the_readme_names_the_two_set_up_commands():
    """``make demo`` and ``make test``, and no other make command, are what a newcomer needs."""
    text = README.read_text(encoding="utf-8")
    named = [*fenced(text), *INLINE.findall(prose(text))]
    makes = {" ".join(line.split("#")[0].split()) for line in named if re.match(r"make\s+\w", line)}
    assert {re.sub(r"\s+(PORT|PYTHON)=\S+", "", each) for each in makes} == {"make demo", "make test"}


@each_page
def test_every_relative_link_leads_somewhere(page):
    """Files and anchors that a page links to exist, and lie inside the checkout."""
    for plain, picture in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        target = plain or picture
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            assert target.startswith(("https://", "http://127.0.0.1", "http://localhost", "mailto:")), target
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.is_relative_to(ROOT), target
        assert found.exists(), target
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found), target


def command_lines(text):
    """The program's command lines on a page, as lists of words; a line that shows what may be filled in is none."""
    for line in (*fenced(text), *INLINE.findall(prose(text))):
        command = re.sub(r"^(?:\w+=\S+\s+)*(?:\.venv/bin/)?(?:python3? -m cds\b)", PROGRAM, line)
        command = re.sub(rf"^(?:\w+=\S+\s+)*\.venv/bin/{PROGRAM}\b", PROGRAM, command)
        if re.match(rf"{PROGRAM}\s+\S", command) is None or re.search(r"[\[\]…<]|\.\.\.|\s\|\s\w+\|", command):
            continue
        yield shlex.split(re.split(r"\s(?:\||>|&&|;)\s", command)[0], comments=True)[1:]


def exit_code(words):
    """How the parser ends over the words of a command line; 0 when it accepts them."""
    try:
        _parser().parse_args(words)
    except SystemExit as end:  # of --help, too
        return end.code
    return 0


@each_page
def test_every_command_line_is_one_that_the_program_understands(page):
    """Each command line of the program that a page shows is accepted by its parser."""
    refused = [words for words in command_lines(page.read_text(encoding="utf-8")) if exit_code(words) != 0]
    assert refused == []


@each_page
def test_every_path_of_the_checkout_that_a_page_names_exists(page):
    """A file or folder named in code quotes under a folder of the checkout is there."""
    folders = "|".join(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0].isalpha())
    for quoted in INLINE.findall(prose(page.read_text(encoding="utf-8"))):
        if re.fullmatch(rf"(?:{folders})/[\w./-]+", quoted):
            assert (ROOT / quoted).exists() or (page.parent / quoted).exists(), quoted


def test_the_command_lines_of_a_page_are_found():
    """This file's own eyes: prompts, comments, continued lines, virtual environments and inline code are all read."""
    text = f"Run `{PROGRAM} explain a.json`:\n\n```sh\n$ {PROGRAM} serve --open \\\n  --port 8080  # here\n"
    text += f"X=1 .venv/bin/{PROGRAM} evaluate b.json > out.json\npython -m cds check [PATH]\n```\n"
    assert list(command_lines(text)) == [
        ["serve", "--open", "--port", "8080"],
        ["evaluate", "b.json"],
        ["explain", "a.json"],
    ]


def test_what_the_security_guide_points_to_is_there():
    """Each test and module that docs/security.md names as a measure or its proof is a file."""
    named = re.findall(r"`((?:tests|cds|bench|deploy)/[\w/.*-]+)`", (ROOT / "docs" / "security.md").read_text())
    assert len(named) > 20
    assert [each for each in named if not list(ROOT.glob(each))] == []
