"""Settings from the environment: every option of ``serve`` as a variable, and secrets from files.

What the command line says goes before what the environment says.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from cds.language.report import did_you_mean
from cds.record.place import DATABASE, DATABASE_FILE

PREFIX = "ISOTRETINOIN_CDS_"
_YES_NO = {"yes": True, "no": False}
_NOT_OPTIONS = frozenset({"help"})


def add_environment(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Let variables stand for options that the command line leaves out.

    The variable of ``--allow-fhir`` is ``ISOTRETINOIN_CDS_ALLOW_FHIR``. Switches take ``yes`` or ``no``; an option that
    may be given several times takes several values with spaces between. What is wrong is kept in
    ``args.environment_problems``, so that it can be said together with what else is wrong.
    """
    actions = {f"{PREFIX}{each.dest.upper()}": each for each in parser._actions if each.dest not in _NOT_OPTIONS}
    problems = list(_unknown(environment, actions))
    values: dict[str, object] = {}
    for name, action in actions.items():
        if said := environment.get(name, ""):
            try:
                values[action.dest] = _value(action, said)
            except argparse.ArgumentTypeError as error:
                problems.append(f"{name}: {error}")
            except ValueError:
                problems.append(f"{name}: {said} cannot be read")
    parser.set_defaults(**values, environment_problems=tuple(problems))


def _unknown(environment: Mapping[str, str], known: Mapping[str, object]) -> Iterator[str]:
    names = {*known, DATABASE, DATABASE_FILE}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in names:
            yield f"{name}: there is no such setting. {did_you_mean(name, names)}".rstrip()


def _value(action: argparse.Action, said: str) -> object:
    if action.nargs == 0:  # a switch, whose constant is what it sets
        if said not in _YES_NO:
            raise argparse.ArgumentTypeError("it is yes or no")
        return action.const if _YES_NO[said] == bool(action.const) else not action.const
    if isinstance(action.default, list):
        return [_converted(action, each) for each in said.split()]
    return _converted(action, said)


def _converted(action: argparse.Action, said: str) -> object:
    return action.type(said) if callable(action.type) else said
