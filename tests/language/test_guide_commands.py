"""The way from nothing to a live rule: its commands run as the guide shows them, and lead where it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from cds.cli import PROGRAM, main
from cds.facts.kinds import KINDS
from cds.language.load import read_library
from cds.language.report import Report
from cds.language.site import read_site
from cds.web.services import load_ready, load_site

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "rules" / "README.md").read_text().partition("## From nothing to a live rule")[2]
GUIDE = GUIDE.partition("\n## ")[0]
COMMANDS = re.findall(rf"^ +{PROGRAM} (.+)$", GUIDE, re.MULTILINE)
RUN = [each for each in COMMANDS if not each.startswith(("serve", "feedback"))]
"""Serving and its report are tested where the service is; here nobody calls."""
SITE = re.sub(r"^   ", "", re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[1], flags=re.MULTILINE)


def test_the_guide_shows_the_whole_way():
    """Check, test, explain, other forms, a site, serving, and the report."""
    assert [each.split()[0] for each in COMMANDS] == [
        *("check", "test", "test", "explain", "check", "check", "check", "check", "serve", "feedback"),
    ]


@pytest.mark.parametrize("command", RUN)
def test_a_command_of_the_guide_ends_well(command, tmp_path, monkeypatch, capsys):
    """Exit code 0 in the checkout, the site file of the guide beside it."""
    site = tmp_path / "site.yaml"
    site.write_text(SITE)
    monkeypatch.chdir(ROOT)
    words = [str(site) if each == "site.yaml" else each for each in command.split()]
    assert main(words) == 0, capsys.readouterr()


def test_the_draft_pack_is_served_only_where_a_site_asks_for_it(content):
    """By default isotretinoin alone is served; under the site of the guide every rule of acitretin is in shadow."""
    assert set(load_ready(content, "us-rems-2026").plans) == {"isotretinoin"}
    report = Report()
    site = read_site("site.yaml", SITE.encode(), content["rules/schema/site.schema.json"], report)
    served = load_site(content, site, report, date(2026, 11, 24)).plans
    assert {rule.mode for rule in served["acitretin"].rules} == {"shadow"}
    assert set(served) == {"acitretin"}


def test_no_order_of_files_changes_a_pack(content):
    """The hash and the packs are those of the files, in whatever order they were read."""
    reversed_files = dict(reversed(content.items()))
    one, other = (read_library(files, KINDS, Report()) for files in (content, reversed_files))
    assert one.shared.content_hash == other.shared.content_hash
    assert [one.packs[name] for name in sorted(one.packs)] == [other.packs[name] for name in sorted(other.packs)]
