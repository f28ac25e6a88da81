"""What is wrong with files of tests, told without running them: form, names, tests that say or ask the same.

`check` has compiled the packs already, so nothing is compiled again for a test that sets parameters: such a test is
looked at with the pack as it is, and its parameters by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from cds.authoring.test_pack import Setup, TestedPack
from cds.authoring.test_suite import read_suite
from cds.language.load import Files, Library
from cds.language.node import Fields, Node, Text, fields, text
from cds.language.pack import Compiled
from cds.language.parameters import check_names, read_parameters
from cds.language.report import Report

Plans = Mapping[tuple[str, str], Compiled | None]
"""The packs under their profiles, compiled without errors."""


def check_tests(files: Files, library: Library, profile: str, plans: Plans, report: Report) -> None:
    """Report all that can be known of the tests of a sound library without running them.

    Args:
        files: all content files by relative path.
        library: the same, read.
        profile: under which tests run that name no other.
        plans: each pack under each of its profiles.
        report: takes what is wrong.
    """
    read_suite(files, library, profile, report, lambda name, usual: _CompiledPack(library, name, usual, report, plans))


class _CompiledPack(TestedPack):
    """A pack of which every profile was compiled before."""

    __test__ = False

    def __init__(self, library: Library, name: str, profile: str, report: Report, plans: Plans) -> None:
        super().__init__(library, name, profile, report)
        self._plans = plans
        self._checked: set[Setup] = set()

    def compiled(self, setup: Setup, parameters: Mapping[str, Text]) -> Compiled | None:
        """The pack under the profile of a setup; what it sets is looked at by itself."""
        found = self._plans.get((self.name, setup.profile))
        if found is not None and setup.parameters and setup not in self._checked:
            self._checked.add(setup)
            self._check(found, setup, parameters)
        return found

    def _check(self, compiled: Compiled, setup: Setup, parameters: Mapping[str, Text]) -> None:
        rule = next((each for each in self.files.rules if text(each.get("rule")) == setup.rule), None)
        own = fields(rule.get("parameters")) if rule is not None else Fields(self.files.pack.at)
        shared = [fields(file.get("parameters")) for file in self.files.facts]
        known = {key.value: (key, node) for each in (*shared, own) for key, node in each}
        written = {name: known[name] for name in parameters if name in known}
        definitions = _mapping(compiled, written)
        values = Fields(
            self.files.pack.at, {name: Text(node.at, name) for name, node in parameters.items()}, dict(parameters)
        )
        found = read_parameters(definitions, [("a test", values)], compiled.scope.names.scales, self.report)
        check_names([("a test", values)], {**compiled.scope.parameters, **found}, "", self.report)


def _mapping(compiled: Compiled, written: Mapping[str, tuple[Text, Node]]) -> Fields:
    at = compiled.plan.phase.at
    keys: dict[str, Text] = {name: key for name, (key, _) in written.items()}
    return Fields(at, keys, {name: node for name, (_, node) in written.items()})
