"""``docs``: the rule book, a static site that is read offline and printed, made from the content and nothing else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cds.authoring.book_contents import contents
from cds.authoring.book_environment import pages, style
from cds.authoring.book_pages import PackPage, RulePage, pack_page
from cds.content import find_content, read_content
from cds.errors import ContentError, StartError
from cds.facts.kinds import KINDS
from cds.language.defaults import default_profile
from cds.language.load import Files, compile_plan, read_library
from cds.language.plan import Plan
from cds.language.report import Report
from cds.language.terminology import ValueSet

_IN_FORCE = "active"


def run_docs(args: argparse.Namespace) -> int:
    """Write the rule book into a folder, which may exist if it is empty or holds a rule book.

    Raises:
        ContentError: when the content does not hold; nothing is written then.
        StartError: when the folder holds something else, or cannot be written.
    """
    rules = tuple(args.rules)
    files = read_content(find_content(rules), rules)
    written = book(files, args.profile or default_profile(files))
    folder: Path = args.folder
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / "book.css").is_file())):
        raise StartError(f"{folder}: it holds something else than a rule book; name an empty folder")
    try:
        for name, content in written.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
        for path in sorted(folder.rglob("*.html")):
            if path.relative_to(folder).as_posix() not in written:
                path.unlink()  # of a rule that is gone
    except OSError as error:
        raise StartError(f"{folder} cannot be written: {error.strerror}") from None
    sys.stdout.write(f"{len(written)} files in {folder}; open {folder / 'index.html'}\n")
    return 0


def book(files: Files, usual: str) -> dict[str, str]:
    """All files of the site by their path; the same content gives the same bytes.

    Args:
        files: the content.
        usual: the profile whose words the pages have, where it has the rule.

    Raises:
        ContentError: with everything that is wrong with the content.
    """
    report = Report()
    library = read_library(files, KINDS, report)
    packs = []
    for name, pack in sorted(library.packs.items()):
        profiles = sorted(pack.profiles, key=lambda each: (each != usual, each))
        compiled = {each: compile_plan(library, name, each, report) for each in profiles}
        if report.errors:
            break
        plans = {each: found.plan for each, found in compiled.items() if found is not None}
        packs.append(pack_page(files, library, name, _in_force(plans)))
    if report.errors or not packs:
        raise ContentError(report.found)
    return dict(_files(packs, tuple(library.shared.value_sets[name] for name in sorted(library.shared.value_sets))))


def _in_force(plans: dict[str, Plan]) -> dict[str, Plan]:
    """The plans of active profiles; all of them where none is active."""
    return {name: plan for name, plan in plans.items() if plan.profile.status == _IN_FORCE} or plans


def _files(packs: list[PackPage], value_sets: tuple[ValueSet, ...]) -> Iterator[tuple[str, str]]:
    templates = pages()
    yield "book.css", style()
    yield "index.html", templates.get_template("index.html").render(up="", packs=packs, value_sets=value_sets)
    yield "contents.html", templates.get_template("contents.html").render(up="", sections=contents(packs, value_sets))
    for pack in packs:
        folder = pack.plan.name
        yield f"{folder}/index.html", templates.get_template("pack.html").render(up="../", pack=pack)
        yield f"{folder}/findings.html", templates.get_template("findings.html").render(up="../", pack=pack)
        for each in pack.rules:
            rendered = templates.get_template("rule.html").render(up="../", pack=pack, page=each)
            yield f"{folder}/{each.view.rule.name}.html", rendered
    listed = templates.get_template("valuesets.html").render(up="../", value_sets=value_sets)
    yield "valuesets/index.html", listed
    for found in value_sets:
        users = [(pack, page) for pack in packs for page in pack.rules if _uses(page, found)]
        rendered = templates.get_template("valueset.html").render(up="../", value_set=found, users=users)
        yield f"valuesets/{found.name}.html", rendered


def _uses(page: RulePage, found: ValueSet) -> bool:
    return any(each.name == found.name for each in page.value_sets)
