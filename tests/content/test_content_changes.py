"""No change of the shipped rules goes unnoticed by their tests, save those that are listed with a reason."""

import os

import pytest

from cds.cli import main

ONE_IN = 1 if os.environ.get("CI") else 10
"""`make test` tries one change in ten, always the same ones; `.ci/run` tries them all, as `make mutants` does."""


@pytest.mark.parametrize("pack", ["isotretinoin", "acitretin"])
def test_every_change_of_a_shipped_pack_is_noticed_or_listed(pack, capsys):
    """A survivor asks for a test that rests on it, or for an entry with a reason; an entry must be true."""
    arguments = ["test", "--mutants", "--jobs", "1", "--sample", str(ONE_IN)]
    code = main([*arguments, f"rules/{pack}"])
    assert code == 0, capsys.readouterr().out


def test_every_value_set_is_noticed_to_lose_its_codes(capsys):
    """Value sets are shared by the packs, and stand in a folder of their own."""
    code = main(["test", "--mutants", "--jobs", "1", "--sample", str(ONE_IN), "rules/valuesets"])
    assert code == 0, capsys.readouterr().out
