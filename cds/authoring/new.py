"""``isotretinoin-cds new rule|pack|valueset NAME``: files to start from, which pass ``check`` and ``test`` at once."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from cds.authoring.new_draft import new_pack, new_rule, new_value_set
from cds.authoring.new_files import Draft, without_modelines, write
from cds.clock import today_in
from cds.content import ContentRoot, find_content, read_content
from cds.errors import ContentError, StartError

DONE, COULD_NOT_RUN = 0, 2
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def run_new(args: argparse.Namespace) -> int:
    """Write the files of a new rule, pack or value set. Exit code: 0 written, 2 refused, and then nothing was."""
    rules = tuple(Path(each) for each in args.rules)
    try:
        if not _NAME.fullmatch(args.name):
            raise StartError(f"{args.name} is no name; write small letters, digits and hyphens, such as yearly-visit")
        root = find_content(rules)
        folder = _folder(root, rules)
        draft = _draft(args, root, rules)
        written = write(draft if (folder / "schema").is_dir() else without_modelines(draft), folder)
    except (StartError, ContentError, OSError) as problem:
        print(f"new: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    for path in written:
        print(f"new      {path}")
    for name in draft.changed:
        print(f"changed  {folder / name}: {args.name} is the last of its rules; move the line where it shall stand")
    more = "".join(f" --rules {each}" for each in rules)
    print(f"\nEach comment in them is a decision to take. Then: isotretinoin-cds check{more}")
    return DONE


def _draft(args: argparse.Namespace, root: ContentRoot, rules: tuple[Path, ...]) -> Draft:
    files = read_content(root, rules)
    today = args.today or today_in("UTC")()
    if args.what == "rule":
        draft = new_rule(args.name, args.pack or "", args.topic or "", files, root.path)
        folder = _folder(root, rules)
        elsewhere = [name for name in draft.changed if not (folder / name).is_file()]
        if elsewhere:
            raise StartError(f"{folder / elsewhere[0]}: the pack is not there; name its folder with --rules")
        return draft
    if args.what == "pack":
        return new_pack(args.name, files, root.path, today)
    return new_value_set(args.name, files, root.path, today)


def _folder(root: ContentRoot, rules: tuple[Path, ...]) -> Path:
    """Where to write: the last ``--rules``, else the checkout."""
    if rules:
        return rules[-1]
    if root.how != "checkout":
        raise StartError("the program is installed, and its own rules are not for changing; name a folder with --rules")
    return root.path / "rules"
