"""What holds where neither a command nor a site file says otherwise: content, since it depends on the place."""

from __future__ import annotations

from cds.errors import ContentError, StartError
from cds.language.load import Files
from cds.language.node import Fields, text
from cds.language.report import Report
from cds.language.schema import check_structure, read_schema
from cds.language.yaml import read_yaml

PATH = "rules/defaults.yaml"
SCHEMA = "rules/schema/defaults.schema.json"


def default_profile(files: Files) -> str:
    """The name of the profile that holds where none is named.

    Raises:
        StartError: when the content has no file of defaults.
        ContentError: with everything that is wrong with the file.
    """
    if PATH not in files:
        raise StartError(f"the content has no {PATH}, which names the default profile; name one with --profile")
    report = Report()
    root = read_yaml(PATH, files[PATH], report)
    if root is not None:
        check_structure(root, read_schema(SCHEMA, files.get(SCHEMA), report), report)
    if report.errors or not isinstance(root, Fields):
        raise ContentError(report.found)
    return text(root.get("profile"))
