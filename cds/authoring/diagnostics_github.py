"""Diagnostics as GitHub workflow commands, which become annotations in a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from cds.values.diagnostic import Diagnostic


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One line for each diagnostic."""
    return "\n".join(_command(each) for each in diagnostics)


def _command(found: Diagnostic) -> str:
    properties = {"file": found.at.file, "line": str(found.at.line), "col": str(found.at.column)}
    if found.at.end_column > found.at.column:
        properties["endColumn"] = str(found.at.end_column)
    properties["title"] = found.id
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = "\n".join(part for part in (found.what, found.meaning, found.remedy) if part)
    return f"::{found.severity} {written}::{_message(message)}"


def _message(text: str) -> str:
    """The percent sign goes first, so that an escape is not escaped again."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
