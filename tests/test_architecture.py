"""The shape of the code: who may import whom, who owns which library, and what never stands in cds/."""

import ast
import json
import re
from pathlib import Path

import pytest

from cds.facts.kinds import KINDS

ROOT = Path(__file__).parent.parent
CDS = ROOT / "cds"
MODULES = sorted(CDS.rglob("*.py"))
LEVELS = (
    {"values", "clock", "errors", "content"},
    {"language"},
    {"settings"},
    {"wire"},
    {"chart"},
    {"facts"},
    {"findings"},
    {"cards"},
    {"answer", "record"},
    {"web", "authoring"},
    {"demo"},
    {"cli"},
)
"""From the lowest: a part imports from lower levels and from itself; the lowest may use each other."""

OWNERS = {
    "flask": ("cds/web/",),
    "werkzeug": ("cds/web/",),
    "markupsafe": ("cds/web/",),
    "jinja2": ("cds/web/", "cds/authoring/book_environment.py"),
    "granian": ("cds/web/",),
    "jwt": ("cds/web/",),
    "cryptography": (),
    "prometheus_client": ("cds/web/",),
    "opentelemetry": ("cds/web/",),
    "requests": ("cds/chart/", "cds/web/"),
    "urllib3": ("cds/chart/", "cds/web/key_fetch.py"),
    "certifi": ("cds/chart/",),
    "yaml": ("cds/language/", "cds/authoring/fmt_tree.py"),
    "jsonschema": ("cds/language/",),
    "jsonschema_rs": ("cds/wire/", "cds/language/schema.py"),
    "msgspec": ("cds/wire/", "cds/record/entry.py"),
    "fhir": ("cds/cards/", "cds/authoring/"),
    "sqlalchemy": ("cds/record/",),
    "alembic": ("cds/record/",),
    "ucumvert": (),
    "hypothesis": (),
    "pytest": (),
}
"""Key libraries and where they may be imported."""


def name_of(path):
    """A module's path from the root."""
    return path.relative_to(ROOT).as_posix()


each_module = pytest.mark.parametrize("path", MODULES, ids=name_of)


def part_of(module):
    """The part of the program to which a module of cds belongs; None for cds itself."""
    first = module.removeprefix("cds.").split(".")[0]
    if module == "cds":
        return None
    return "cli" if first.startswith("cli") or first == "__main__" else first


def imports(path):
    """Each module that a file imports, with its line; what is imported for type checking only counts as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((each.name, node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively"
            yield node.module, node.lineno
            if node.module == "cds":
                yield from ((f"cds.{each.name}", node.lineno) for each in node.names)


def level_of(part):
    """The level of a part."""
    found = [number for number, parts in enumerate(LEVELS) if part in parts]
    assert found, f"{part} has no level: give it one in tests/test_architecture.py and in the design"
    return found[0]


@each_module
def test_imports_go_downwards_only(path):
    """A part of the program imports from lower levels and from itself (design, section 7)."""
    own = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own == "__init__":
        return
    for module, line in imports(path):
        if module.split(".")[0] != "cds" or part_of(module) in (None, own):
            continue
        other = part_of(module)
        allowed = level_of(other) < level_of(own) or level_of(other) == level_of(own) == 0
        assert allowed, f"{name_of(path)}:{line}: {own} imports {other}"


@each_module
def test_a_library_is_imported_by_its_owner_only(path):
    """Each key library stands behind one part of the program (design, section 7)."""
    for module, line in imports(path):
        owners = OWNERS.get(module.split(".")[0])
        if owners is not None:
            assert name_of(path).startswith(owners or "nobody"), f"{name_of(path)}:{line} imports {module}"


CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "perf_counter"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "strftime"),
}


@each_module
def test_the_clock_is_read_in_one_place(path):
    """Only cds/clock.py reads the computer's clock; everything else is given a clock or a day."""
    if name_of(path) == "cds/clock.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            assert (owner, node.attr) not in CLOCKS, f"{name_of(path)}:{node.lineno} reads the clock"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            assert {each.name for each in node.names} <= {"sleep"}, f"{name_of(path)}:{node.lineno}"


@each_module
def test_no_file_has_a_name_that_says_nothing(path):
    """A file is named for what it holds."""
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "shared", "core", "tools"}
    assert path.stem not in banned
    assert path.parent.name not in banned


@each_module
def test_no_file_is_too_long_to_read(path):
    """At most 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@each_module
def test_every_module_says_what_it_is_for(path):
    """A docstring at the top of every module and package."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


# ------------------------------------------------------------------ nothing clinical in the program

CLINICAL = (
    r"isotretinoin",
    r"retino(in|id)",
    r"accutane|roaccutan|absorica|claravis|amnesteem|myorisan|zenatane|sotret",
    r"triglycerid",
    r"lipid|lipase|cholesterol",
    r"pregnan",
    r"contracep|contraindicat",
    r"hcg|gonadotropin",
    r"hysterectom|oophorectom|menopaus|steril",
    r"teratogen|birth defect",
    r"alanine|aminotransferase|\bALT\b|\bAST\b|bilirubin|hepat|\bliver\b",
    r"phq|gad-?7|c-?ssrs|suicid|depress",
    r"ipledge|rems\b",
    r"dermatolog|acne",
    r"tetracycline|doxycycline|minocycline|testosterone|progest|estradiol",
    r"pancreatit|lactation|breastfeed",
    r"snomed|rxnorm|nucc",
    r"\b\d{3,5}-\d\b(?!-)",  # the shape of a LOINC code
)
ALLOWED = re.compile(
    r"isotretinoin-cds(\.card)?"  # the program's own name, and the key of its card extension
    r"|urn:isotretinoin-cds:\w+"
    r"|ISOTRETINOIN_CDS_[A-Z]*"  # its environment
    r"|/CodeSystem/documentation",
    re.IGNORECASE,
)


def content_names():
    """What the content calls its things: names of drugs, of value sets, rules, retrieves and facts in several words."""
    files = (*(ROOT / "rules").rglob("*.yaml"), *(ROOT / "rules" / "valuesets").glob("*.json"))
    found = {path.stem for path in files if "-" in path.stem}
    for path in (ROOT / "rules").glob("*/pack.yaml"):
        listed = re.search(r"^    names:\n((?:      - .+\n)+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        found |= set(re.findall(r"- (.+)", listed[1])) if listed else set()
    for path in (ROOT / "rules").glob("*/facts/*.yaml"):
        found |= set(re.findall(r"^  ([a-z0-9]+(?:_[a-z0-9]+)+):", path.read_text(encoding="utf-8"), re.MULTILINE))
    return {name.removesuffix(".test") for name in found}


@each_module
def test_nothing_clinical_stands_in_the_program(path):
    """Content is data: no drug, test, condition, instrument or code of a terminology in cds/."""
    text = ALLOWED.sub("", path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in CLINICAL:
            found = re.search(pattern, line, re.IGNORECASE if pattern.islower() else 0)
            assert found is None, f"{name_of(path)}:{number}: {found[0]!r} in {line.strip()!r}"


def test_the_program_calls_nothing_of_the_content_by_name():
    """Drugs, value sets, rules, retrieves and facts are known to the content alone.

    A word of the rule language (a fact kind, one of its keys) may name something of the content as well.
    """
    also_of_the_language = {"identified_by", *KINDS, *(key for kind in KINDS.values() for key in kind.keys)}
    program = "\n".join(ALLOWED.sub("", path.read_text(encoding="utf-8")).lower() for path in MODULES)
    said = content_names() & set(re.findall(r"[\w.-]+", program))
    assert len(content_names()) > 200
    assert said - also_of_the_language == set()


def test_the_hooks_are_drug_free():
    """hooks/ is the wire contract: it names no drug, no test and no condition."""
    for path in (ROOT / "hooks").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for pattern in CLINICAL[:-1]:
                assert re.search(pattern, text, re.IGNORECASE if pattern.islower() else 0) is None, path


def test_content_holds_no_code():
    """Rules, hooks and fixtures are data: no Python in them, and no package file."""
    for folder in ("rules", "hooks", "fixtures"):
        found = [path for path in (ROOT / folder).rglob("*.py") if path.name != "conftest.py"]
        assert found == []


def test_there_is_one_python_package():
    """cds is the only package; each of its folders that holds modules is one."""
    for folder in {path.parent for path in MODULES} - {CDS / "record" / "migrations" / "versions"}:
        if "migrations" not in folder.parts:
            assert (folder / "__init__.py").is_file(), folder
    assert not any((ROOT / folder / "__init__.py").exists() for folder in ("rules", "hooks", "fixtures", "tests"))


def test_the_lower_half_makes_no_output():
    """What answers is a function of its input: no printing, no network, no files below the edge."""
    edges = {"socket", "subprocess", "http.client", "urllib.request", "sqlite3", "logging"}
    for part in ("values", "facts", "findings", "cards", "language"):
        for path in (CDS / part).rglob("*.py"):
            assert not edges & {module for module, _ in imports(path)}, name_of(path)
    assert not edges & {module for module, _ in imports(CDS / "answer.py")}


def test_the_service_does_not_import_authoring():
    """Nothing that serves loads the tools of rule authors (design, section 7)."""
    for path in MODULES:
        if name_of(path).startswith(("cds/web/", "cds/record/", "cds/wire/", "cds/chart/")):
            assert not any(module.startswith("cds.authoring") for module, _ in imports(path)), name_of(path)


def test_test_files_have_unique_names():
    """Without packages in tests/ two files of one name would hide each other."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert len(names) == len(set(names))


def test_schemas_are_json():
    """Every JSON Schema of hooks/ and rules/ can be read."""
    found = [*(ROOT / "hooks").rglob("*.json"), *(ROOT / "rules").rglob("*.json")]
    assert found
    for path in found:
        json.loads(path.read_text(encoding="utf-8"))
