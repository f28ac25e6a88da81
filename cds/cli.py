"""``isotretinoin-cds``: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

from cds.cli_environment import add_environment
from cds.cli_site_options import add_site
from cds.cli_writing import add_writing
from cds.errors import ContentError, StartError

PROGRAM = "isotretinoin-cds"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code: 0 done, 1 the content or the request is broken, 2 it could not start."""
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        return run(args)
    except ContentError as error:
        from cds.authoring.diagnostics_text import render_text  # noqa: PLC0415 - every command would pay for its import, and few fail

        print(render_text(error.diagnostics), file=sys.stderr)
        print(f"\n{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except StartError as error:
        for line in str(error).splitlines():
            print(f"{PROGRAM}: {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output, such as head, has had enough; the end of Python must not complain about it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="A CDS Hooks service from declarative rules.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_serve(commands.add_parser("serve", help="answer CDS Hooks calls"))
    _add_demo(commands.add_parser("demo", help="serve on this computer with invented patients, and show an example"))
    for name, help_text, run in (
        ("evaluate", "print the answer to a request", "run_evaluate"),
        ("explain", "say why there is each card, and why there are no others", "run_explain"),
    ):
        command = commands.add_parser(name, help=help_text)
        _add_evaluation(command)
        if name == "explain":
            command.add_argument("--json", action="store_true", help="as JSON")
        command.set_defaults(run=_command("cli_evaluate", run))
    _add_replay(commands.add_parser("replay", help="answer a folder of recorded requests, and count cards and cases"))
    _add_diff(commands.add_parser("diff", help="which patients get another card under another version of the rules"))
    _add_feedback(commands.add_parser("feedback", help="what clinicians did with the cards they were shown"))
    _add_purge(commands.add_parser("purge", help="delete old records"))
    for name, help_text, module, function in (
        ("check", "lint and prove rules", "check", "run_check"),
        ("test", "run the tests of rules", "test_run", "run_tests"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders; all when left out")
        if name == "check":
            command.add_argument(
                "--stdin", action="store_true", help="check the text on stdin in place of a file, as -"
            )
            command.add_argument("--name", metavar="PATH", help="with --stdin or -: the file that the text is of")
            command.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text", help="(text)")
        else:
            command.add_argument("--coverage", action="store_true", help="say what no test reaches; that is a failure")
            _add_mutants(command)
        _add_content(command, every_profile=True)
        command.set_defaults(run=_authoring(module, function))
        if name == "check":
            command.add_argument("--site", type=Path, metavar="FILE", help="check this site file against the content")
            _add_today(command)
            command.set_defaults(run=_check)
        else:
            command.add_argument("--site", type=Path, metavar="FILE", help="ignored: a test sets what it tests")
    _add_docs(commands.add_parser("docs", help="write the rule book: a static site, to be read offline and printed"))
    add_writing(commands, _authoring)
    _add_integration(commands.add_parser("integration", help="what an EHR team types in to call the service"))
    return parser


def _add_mutants(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mutants", action="store_true", help="list what can be changed without a test noticing")
    parser.add_argument(
        "--rule", metavar="NAME", help="only this rule; with --mutants also a pack, for what its rules share"
    )
    parser.add_argument("--sample", type=_whole, metavar="N", help="with --mutants: try one change in N (1)")
    parser.add_argument("--jobs", type=_whole, metavar="N", help="with --mutants: processes (each core)")
    parser.add_argument("--json", action="store_true", help="with --mutants or --coverage: as JSON")


def _check(args: argparse.Namespace) -> int:
    """Check the content, or a site file against it."""
    if args.site is not None:
        return _authoring("site_check", "run_site_check")(args)
    return _authoring("check", "run_check")(args)


def _add_docs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="where it is written")
    _add_content(parser)
    parser.set_defaults(run=_authoring("book", "run_docs"))


def _add_integration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")
    _add_today(parser)
    _add_rules(parser)
    add_site(parser)
    parser.set_defaults(run=_command("cli_integration", "run_integration"))


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--open", action="store_true", help="no caller authentication; this computer only")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to bind (8080)")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="speak TLS with this certificate and its chain")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the private key of --tls-cert")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (one for each core)")
    parser.add_argument("--threads", type=int, default=32, metavar="N", help="calls at once in each process (32)")
    parser.add_argument("--reload", action="store_true", help="take over changed rules and site file; SIGHUP: at once")
    parser.add_argument(
        "--drain", type=int, default=0, metavar="SECONDS", help="go on so long after SIGTERM, being no longer ready (0)"
    )
    parser.add_argument("--no-record", dest="record", action="store_false", help="keep no records, take no feedback")
    _add_data(parser)
    _add_fhir(parser)
    _add_today(parser)
    _add_rules(parser)
    add_site(parser)
    parser.set_defaults(run=_command("cli_serve", "run_serve"))
    add_environment(parser, os.environ)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="port to bind (8080)")
    _add_content(parser)
    parser.set_defaults(run=_command("cli_serve", "run_demo"))


def _add_feedback(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    report = commands.add_parser("report", help="count cards shown, accepted, overridden and ignored, by rule")
    report.add_argument("--format", choices=("text", "json", "csv"), default="text", help="how to print it (text)")
    report.add_argument("--since", type=_day, metavar="DATE", help="only cards shown on this day (UTC) or later")
    report.add_argument(
        "--by", action="append", choices=("client", "week"), default=[], help="tell these apart in the text, too"
    )
    _add_data(report)
    report.set_defaults(run=_command("cli_feedback", "run_report"))


def _add_purge(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--before", type=_day, metavar="DATE", help="delete what was shown before this day (UTC)")
    which.add_argument("--keep", type=_days, metavar="DAYS", help="keep so many days before today (UTC): for a timer")
    parser.add_argument("--memory", action="store_true", help="delete all of the memory, not only what has expired")
    _add_data(parser)
    parser.set_defaults(run=_command("cli_feedback", "run_purge"))


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of records and journal (the user's state folder)"
    )


def _add_evaluation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", type=Path, metavar="REQUEST.json", help="a CDS Hooks request")
    parser.add_argument("--chart", type=Path, metavar="BUNDLE.json", help="take data that are missing from this Bundle")
    parser.add_argument("--service", metavar="ID", help="the service to ask, where several answer the hook")
    _add_fhir(parser)
    _add_today(parser)
    _add_rules(parser)
    add_site(parser)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="*.json: requests, and charts of one patient each")
    parser.add_argument("--order", type=Path, metavar="ORDER.json", help="what is ordered for charts without a request")
    parser.add_argument("--service", metavar="ID", help="the service for all of them (that of each request's hook)")
    parser.add_argument("--each", action="store_true", help="say what each file got")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _add_today(parser)
    _add_rules(parser)
    add_site(parser)
    parser.set_defaults(run=_command("cli_replay", "run_replay"))


def _add_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD", help="a folder rules/, or a checkout that has one")
    parser.add_argument("new", type=Path, metavar="NEW", help="another one")
    parser.add_argument("--patients", type=Path, metavar="DIR", help="requests and charts (those of the checkout)")
    parser.add_argument("--order", type=Path, metavar="ORDER.json", help="what is ordered for charts without a request")
    parser.add_argument("--profile", metavar="NAME", help="profile (each that is active in both)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _add_today(parser)
    parser.set_defaults(run=_command("cli_diff", "run_diff"))


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules", action="append", default=[], type=Path, metavar="DIR", help="more packs; one replaces its namesake"
    )


def _add_content(parser: argparse.ArgumentParser, *, every_profile: bool = False) -> None:
    _add_rules(parser)
    otherwise = "each" if every_profile else "that of rules/defaults.yaml"
    parser.add_argument("--profile", metavar="NAME", help=f"profile ({otherwise})")


def _add_fhir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-fhir", action="append", default=[], metavar="BASE", help="a FHIR server elsewhere that may be read"
    )


def _add_today(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--today", type=_day, metavar="DATE", help="count from this day instead of today")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date such as 2026-11-24") from None


def _whole(text: str) -> int:
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")


def _days(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 36_500:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of days from 1 to 36500")


def _command(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """A command whose module is imported when it runs: `check`, asked at each pause of typing, needs no server."""

    def run(args: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"cds.{module}"), function)(args)
        return code

    return run


def _authoring(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """A command of the authoring tools, which the service itself never imports."""

    def run(args: argparse.Namespace) -> int:
        try:
            command = getattr(import_module(f"cds.authoring.{module}"), function)
        except ModuleNotFoundError as error:
            if error.name != f"cds.authoring.{module}":
                raise
            raise StartError("this command is not available in this release") from None
        code: int = command(args)
        return code

    return run
