"""Value sets in FHIR's form, made of those in the project's own."""

import json
from pathlib import PurePosixPath

import yaml

_NOT_IN_FHIR = {"unit", "convert", "plausible"}
_NOT_IN_FHIR_BY_CODE = {"descendants", "score", "strength", "doubtful"}
_REVIEWED = "http://hl7.org/fhir/StructureDefinition/resource-lastReviewDate"


def fits(body: dict) -> bool:
    """Whether a value set holds nothing that FHIR has no place for."""
    return not _NOT_IN_FHIR & body.keys() and not any(_NOT_IN_FHIR_BY_CODE & each.keys() for each in body["codes"])


def as_compose(body: dict, urls: dict[str, str]) -> bytes:
    """A value set as FHIR with its codes listed, those of a system together."""
    exclude = {"exclude": _parts(body["exclude"], urls)} if "exclude" in body else {}
    return _written({**_head(body), "compose": {"include": _parts(body["codes"], urls), **exclude}})


def as_expansion(body: dict, urls: dict[str, str]) -> bytes:
    """A value set as FHIR with an expansion under a heading, beside a filter that only a server could follow."""
    codes = [_entry(each, urls) for each in body["codes"]]
    heading = {"abstract": True, "display": "All", "contains": codes}
    compose = {"include": [{"system": codes[0]["system"], "filter": [{"property": "a", "op": "=", "value": "b"}]}]}
    expansion = {"timestamp": "2026-11-24T10:00:00Z", "total": len(codes) + 1, "contains": [heading]}
    return _written({**_head(body), "compose": compose, "expansion": expansion})


def in_fhir(files: dict[str, bytes], form) -> dict[str, bytes]:
    """Content with every value set in FHIR's form for which FHIR has a place."""
    systems = yaml.safe_load(files["rules/systems.yaml"])["systems"]
    urls = {name: each["url"] for name, each in systems.items()}
    changed = dict(files)
    for path, written in files.items():
        if PurePosixPath(path).parent.as_posix() != "rules/valuesets":
            continue
        body = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506 - texts only, and no objects
        if fits(body):
            del changed[path]
            changed[path.removesuffix(".yaml") + ".json"] = form(body, urls)
    return changed


def _head(body):
    return {
        "resourceType": "ValueSet",
        "extension": [{"url": _REVIEWED, "valueDate": body["reviewed"]}],
        "url": f"https://example.org/ValueSet/{body['valueset']}",
        "title": body["title"],
        "status": "active",
        "publisher": body["source"],
    }


def _entry(line, urls):
    system, _, code = line["code"].partition(" ")
    return {"system": urls[system], "code": code, "display": line.get("display", "")}


def _parts(lines, urls):
    """One part for each run of codes of a system, so that their order stays."""
    parts = []
    for each in (_entry(line, urls) for line in lines):
        if not parts or parts[-1]["system"] != each["system"]:
            parts.append({"system": each["system"], "concept": []})
        parts[-1]["concept"].append({"code": each["code"], "display": each["display"]})
    return parts


def _written(body):
    return json.dumps(body, indent=1, ensure_ascii=False).encode()
