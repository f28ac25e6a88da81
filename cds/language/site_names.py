"""Compares the names of a site file with the content: packs, rules, data groups, suggestions, value sets, systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds.language.load import Library
from cds.language.node import Text, fields, text
from cds.language.pack import PackFiles
from cds.language.report import Report, did_you_mean
from cds.language.site import Site
from cds.language.site_client import Client
from cds.language.site_decided import Decided


def check_names(site: Site, library: Library, report: Report) -> None:
    """Report every name of a site file that stands for nothing."""
    for pack in site.pack_names:
        _known(pack, library.packs, "pack", "Nothing would be served under it.", report)
        chosen = site.packs.get(pack.value)
        if chosen is not None and pack.value in library.packs:
            profiles = library.packs[pack.value].profiles
            _known(chosen.profile, profiles, "profile", f"{pack.value} could not be served.", report)
    packs = [library.packs[each.value] for each in site.pack_names if each.value in library.packs]
    groups, rules = _groups(packs), _rules(packs)
    _check_decided(site.decided, rules, report)
    for client in site.clients:
        _check_decided(client.decided, rules, report)
        for pack in client.pack_names:
            _known(
                pack, (each.value for each in site.pack_names), "pack", "It is not among the packs of the site.", report
            )
        for name, own in client.profiles.items():
            if name in library.packs:
                _known(own.profile, library.packs[name].profiles, "profile", f"{name} could not be served.", report)
        _check_groups(client, groups, report)
        for key, _ in client.lost:
            _known(key, rules, "rule", "The reason would cover nothing.", report)
    _check_codes(site, library, packs, report)


def _known(name: Text, known: Iterable[str], what: str, meaning: str, report: Report) -> bool:
    names = set(known)
    if name.value in names:
        return True
    advice = did_you_mean(name.value, names)
    report.error(f"unknown-{what.replace(' ', '')}", name.at, f"no {what} is called {name.value}", meaning, advice)
    return False


def _rules(packs: Iterable[PackFiles]) -> set[str]:
    return {f"{text(each.pack.get('pack'))}/{text(rule.get('rule'))}" for each in packs for rule in each.rules}


def _groups(packs: Iterable[PackFiles]) -> dict[str, bool]:
    """Data groups by name, and whether they are optional."""
    return {
        key.value: text(fields(node).get("optional")) == "yes"
        for each in packs
        for key, node in fields(each.data.get("groups"))
    }


def _check_decided(decided: Decided, rules: Iterable[str], report: Report) -> None:
    for setting in decided.rules.values():
        _known(setting.name, rules, "rule", "What is decided here would have no effect.", report)


def _check_groups(client: Client, groups: Mapping[str, bool], report: Report) -> None:
    offered = {each.value for each in client.offers}
    for each in client.offers:
        if _known(each, groups, "group", "Nothing would be asked for.", report) and not groups[each.value]:
            report.error(
                "not-optional", each.at, f"{each.value} is asked for anyway", remedy="offers: names optional groups."
            )
    for key, _ in client.never:
        if not _known(key, groups, "group", "Its absence would not be explained.", report):
            continue
        if key.value in offered:
            report.error("offered-and-never", key.at, f"{key.value} is offered, and never supplied", remedy="Keep one.")
        elif groups[key.value]:
            report.error(
                "not-asked-for",
                key.at,
                f"{key.value} is optional, and nobody asks for it",
                remedy="Remove it; never: is for groups that are asked for.",
            )


def _check_codes(site: Site, library: Library, packs: list[PackFiles], report: Report) -> None:
    for key, _ in site.systems:
        if key.value in library.shared.systems:
            url = library.shared.systems[key.value].url
            report.error("system-twice", key.at, f"{key.value} is {url} already", remedy="Choose another short name.")
    for key, _ in site.codes:
        _known(key, library.shared.value_sets, "value set", "The codes would never be looked for.", report)
    suggestions = {name.value: fields(body) for each in packs for name, body in fields(each.pack.get("suggestions"))}
    for key, node in site.orders:
        if not _known(key, suggestions, "suggestion", "The code would never be used.", report):
            continue
        if "delete" in suggestions[key.value]:
            report.error("nothing-created", key.at, f"{key.value} removes an order, and needs no code")
        system = fields(node).get("system")
        if isinstance(system, Text) and ":" not in system.value:
            known = {*library.shared.systems, *site.systems.values}
            _known(system, known, "system", "No EHR would know the code.", report)
