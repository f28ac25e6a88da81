"""From content files to plans: read, check the structure, compile, prove. Everything wrong is reported at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cds.language.fact import KindTable
from cds.language.fhir_valueset import is_fhir_value_set, value_set_from_fhir
from cds.language.hook import Hook
from cds.language.json import json_data, read_json
from cds.language.node import Fields, fields, plain, text
from cds.language.pack import Compiled, PackFiles, Shared, compile_pack
from cds.language.parameters import Layer
from cds.language.plan import Plan
from cds.language.prove import Proofs
from cds.language.report import Report
from cds.language.schema import Validator, check_structure, read_schema
from cds.language.terminology import System, ValueSet, read_systems, read_units, read_value_set
from cds.language.together import prove_together
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Position

Files = Mapping[str, bytes]
"""Content by relative path with forward slashes: ``rules/units.yaml``, ``hooks/order-sign.yaml``, ..."""


UNITS = "rules/units.yaml"
_HEADS = ("pack.yaml", "data.yaml")


@dataclass(frozen=True)
class Library:
    """Content read and checked for structure, from which plans are compiled.

    Attributes:
        packs: pack name → its parsed files.
        schemas: JSON Schemas of ``hooks/schemas`` by name, such as ``response``.
    """

    packs: Mapping[str, PackFiles]
    shared: Shared
    hooks: Mapping[str, Hook]
    schemas: Mapping[str, Any]


def content_hash(files: Files) -> str:
    """SHA-256 over the names and bytes of all content files: equal content, equal hash, wherever it lies."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()


def read_library(files: Files, kinds: KindTable, report: Report, roots: dict[str, Fields] | None = None) -> Library:
    """Read every content file; a file that cannot be read is reported and left out.

    Args:
        files: all content files by relative path.
        kinds: the fact kinds.
        report: takes what is wrong.
        roots: takes the value sets and the units as they are written, by path, for who looks at more than the library
            keeps of them.
    """
    roots = roots if roots is not None else {}
    reader = _LibraryReader(files, report)
    systems = read_systems(reader.one("rules/systems.yaml", "systems"))
    roots[UNITS] = reader.one(UNITS, "units")
    units = read_units(roots[UNITS], report)
    words = {key.value: text(node) for key, node in fields(reader.one("rules/words.yaml", "words").get("words"))}
    value_sets: dict[str, ValueSet] = {}
    for path, root in reader.value_sets(systems):
        roots[path] = root
        found = read_value_set(root, systems, units, report)
        if found is None:
            continue
        if found.name != PurePosixPath(path).stem:
            report.error("file-name", found.at, f"value set {found.name} stands in a file of another name")
        first = value_sets.setdefault(found.name, found)
        if first is not found and first.at.file != path:
            report.error(
                "defined-twice",
                found.at,
                f"{found.name} is defined in {first.at.file} already",
                "One of the two would be ignored.",
                "Keep one of the two files.",
            )
    hooks = {hook.name: hook for _, root in reader.all("hooks/", "hook") for hook in (_hook(root),)}
    shared = Shared(systems, units, value_sets, words, kinds, tuple(hooks), content_hash(files))
    return Library(reader.packs(), shared, hooks, reader.hook_schemas())


def compile_plan(
    library: Library,
    pack: str,
    profile: str,
    report: Report,
    layers: Sequence[Layer] = (),
    proofs: Proofs | None = None,
) -> Compiled | None:
    """Compile and prove a pack under a profile, and under what a site and a client set in its place.

    The result counts only if no error was reported. With ``proofs`` of the same library and report, a rule that is the
    same under several profiles is proved once.
    """
    proofs = proofs if proofs is not None else Proofs(report)
    compiled = compile_pack(library.packs[pack], library.shared, profile, report, layers)
    if compiled is not None and report.errors == 0:
        for rule in compiled.plan.rules:
            proofs.prove(rule)
        prove_together(compiled.plan, library.packs[pack].pack, library.packs[pack].rules, proofs)
    return compiled


def load_plan(files: Files, kinds: KindTable, pack: str, profile: str, report: Report) -> tuple[Plan, Library] | None:
    """Read, compile and prove in one go; None when anything is wrong, all of it then in the report."""
    library = read_library(files, kinds, report)
    if pack not in library.packs:
        report.error("no-pack", Position("rules", 1, 1), f"there is no pack {pack} in rules/")
        return None
    compiled = compile_plan(library, pack, profile, report)
    return (compiled.plan, library) if compiled is not None and report.errors == 0 else None


def _hook(root: Fields) -> Hook:
    return Hook(
        text(root.get("hook")),
        text(root.get("title")),
        text(root.get("version")),
        text(root.get("orders_at")),
        text(root.get("selections_at")),
    )


class _LibraryReader:
    """Reads files by their place, each against the schema of its kind."""

    def __init__(self, files: Files, report: Report) -> None:
        self.files = files
        self.report = report
        self.validators: dict[str, Validator] = {}

    def read(self, path: str, kind: str) -> Fields:
        as_json = path.endswith(".json")
        root = (read_json if as_json else read_yaml)(path, self.files[path], self.report)
        empty = Fields(Position(path, 1, 1))
        if root is None:
            return empty
        if not isinstance(root, Fields):
            self.report.error("structure", root.at, "the file is not a mapping of keys", remedy="Write key: value.")
            return empty
        sound = check_structure(root, self.validator(kind), self.report, json_data if as_json else plain)
        return root if sound else empty

    def one(self, path: str, kind: str) -> Fields:
        if path not in self.files:
            self.report.error("no-file", Position(path, 1, 1), f"{path} is missing")
            return Fields(Position(path, 1, 1))
        return self.read(path, kind)

    def all(self, folder: str, kind: str) -> list[tuple[str, Fields]]:
        paths = [path for path in sorted(self.files) if path.startswith(folder) and path.endswith(".yaml")]
        direct = [
            path
            for path in paths
            if "/" not in path[len(folder) :]
            and not path.endswith(".test.yaml")
            and PurePosixPath(path).name not in _HEADS
        ]
        return [(path, root) for path in direct if (root := self.read(path, kind)).values]

    def value_sets(self, systems: Mapping[str, System]) -> list[tuple[str, Fields]]:
        """The value sets of both forms, each as the nodes of a YAML file."""
        found = self.all("rules/valuesets/", "valueset")
        for path in sorted(self.files):
            if is_fhir_value_set(path) and (root := self.read(path, "fhir-valueset")).values:
                written = value_set_from_fhir(root, PurePosixPath(path).stem, systems, self.report)
                if written is not None:
                    found.append((path, written))
        return found

    def validator(self, kind: str) -> Validator:
        if kind not in self.validators:
            path = f"rules/schema/{kind}.schema.json"
            self.validators[kind] = read_schema(path, self.files.get(path), self.report)
        return self.validators[kind]

    def packs(self) -> dict[str, PackFiles]:
        found = {}
        for path in sorted(self.files):
            if not (path.startswith("rules/") and path.endswith("/pack.yaml")):
                continue
            folder = path.removesuffix("pack.yaml")
            pack = self.one(path, "pack")
            data = self.one(f"{folder}data.yaml", "data")
            rules = self.all(folder, "rule")
            for each, root in rules:
                if text(root.get("rule")) != PurePosixPath(each).stem:
                    name = text(root.get("rule"))
                    self.report.error("file-name", root.at, f"rule {name} stands in a file of another name")
            profiles = {text(root.get("profile")): root for _, root in self.all(f"{folder}profiles/", "profile")}
            facts = tuple(root for _, root in self.all(f"{folder}facts/", "facts"))
            found[text(pack.get("pack"))] = PackFiles(pack, data, facts, tuple(root for _, root in rules), profiles)
        return found

    def hook_schemas(self) -> dict[str, Any]:
        folder, ending = "hooks/schemas/", ".schema.json"
        return {
            path[len(folder) : -len(ending)]: self.hook_schema(path, content)
            for path, content in self.files.items()
            if path.startswith(folder) and path.endswith(ending)
        }

    def hook_schema(self, path: str, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            read_json(path, content, self.report)
            return {}
