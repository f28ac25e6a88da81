"""Parameters: a question, a default, and bounds; a profile or a site answers within them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cds.language.literals import read_count, read_quantity
from cds.language.node import NONE, Fields, Node, Text, fields, text, texts
from cds.language.report import Report, did_you_mean
from cds.values.diagnostic import Position
from cds.values.quantity import Quantity, Scale

Setting = Quantity | int | str
"""A parameter's value: a quantity (days included), a count, or one of named options."""


@dataclass(frozen=True)
class Parameter:
    """A parameter with its value in force and where that value came from."""

    name: str
    ask: str
    at: Position
    value: Setting
    origin: str
    options: tuple[str, ...] = ()
    lowest: Setting | None = None
    highest: Setting | None = None

    @property
    def shown(self) -> str:
        """The value as a text shows it."""
        return str(self.value)


def read_setting(node: Node | None) -> Setting | None:
    """A literal as a parameter's value: ``31 days``, ``300 mg/dL``, ``2``, ``warning``; None when it is none."""
    if not isinstance(node, Text) or not node.value:
        return None
    count = read_count(node.value)
    return count if count is not None else (read_quantity(node.value) or node.value)


@dataclass(frozen=True)
class Layer:
    """Parameter values that one place sets: a profile, a site, a client. A later layer goes before an earlier one.

    Attributes:
        origin: such as ``profile here`` or ``site clinic``, said wherever a value is explained.
        shared: of the pack's own parameters.
        rules: of the parameters of each rule, by its name.
    """

    origin: str
    shared: Fields = NONE
    rules: Mapping[str, Fields] = field(default_factory=dict)


Overrides = Sequence[tuple[str, Fields]]
"""Origin and values by parameter name; of several the last is in force."""

Scales = Mapping[str, Scale | None]
"""Value set → how its quantities are converted, so that a limit may be written in any of its units."""


def read_parameters(node: Node | None, overrides: Overrides, scales: Scales, report: Report) -> dict[str, Parameter]:
    """Compile a ``parameters`` block. Every value set is checked, also one that another goes before.

    Args:
        node: the block, or None.
        overrides: what profile, site and client set, in this order.
        scales: the value sets that a parameter may name with ``of``.
        report: takes what is wrong: a value outside its bounds, of another kind, or no option.
    """
    found: dict[str, Parameter] = {}
    for key, body_node in fields(node):
        body = fields(body_node)
        options = tuple(each.value for each in texts(body.get("one_of")))
        scale = _scale(body.get("of"), scales, report)
        bounds = [_scaled(read_setting(body.get(name)), scale) for name in ("min", "max")]
        said = [("rule", body.get("default")), *((origin, values.get(key.value)) for origin, values in overrides)]
        for origin, value_node in said:
            value = _scaled(read_setting(value_node), scale)
            if value_node is None or value is None:
                continue
            ask = text(body.get("ask"))
            parameter = Parameter(key.value, ask, key.at, value, origin, options, bounds[0], bounds[1])
            before = found.setdefault(key.value, parameter)
            if before is parameter:
                _check(parameter, value_node, report)
            elif _fits(parameter, before, value_node, report):  # what does not is reported, and left out
                found[key.value] = parameter
        if key.value not in found:
            report.error("no-value", key.at, f"parameter {key.value} has no default", remedy="Write default: 31 days.")
    return found


def check_names(
    overrides: Overrides, known: Mapping[str, Parameter], owner: str, report: Report, shared: Collection[str] = ()
) -> None:
    """Report each value that is set for a parameter that does not exist, or that is not the owner's but ``shared``."""
    for _, values in overrides:
        for key, _ in values:
            if key.value not in known:
                said = f"{owner} has no parameter {key.value}" if owner else f"no parameter is called {key.value}"
                advice = did_you_mean(key.value, known)
                if key.value in shared:
                    advice = "It is shared by rules: set it among the parameters of the pack."
                report.error("unknown-parameter", key.at, said, remedy=advice)


def _scale(name: Node | None, scales: Scales, report: Report) -> Scale | None:
    if not isinstance(name, Text):
        return None
    if scales.get(name.value) is None:
        advice = did_you_mean(name.value, [each for each, scale in scales.items() if scale is not None])
        report.error("unknown-valueset", name.at, f"no value set with a unit is called {name.value}", remedy=advice)
    return scales.get(name.value)


def _scaled(value: Setting | None, scale: Scale | None) -> Setting | None:
    """A limit in the unit of its analyte; it is still shown as it was written."""
    if scale is None or not isinstance(value, Quantity) or value.unit not in scale.factors:
        return value
    return Quantity(value.value * scale.factors[value.unit], scale.unit, shown=value.shown)


def _fits(parameter: Parameter, before: Parameter, node: Node, report: Report) -> bool:
    """Whether a value set in place of another is of its kind, and within the bounds."""
    if parameter.options or _kind(parameter.value) == _kind(before.value):
        return _check(parameter, node, report)
    report.error(
        "bounds-unit",
        node.at,
        f"{parameter.shown} cannot be compared with {parameter.lowest} to {parameter.highest} of {parameter.name}",
        remedy=f"The bounds stand in {parameter.at}.",
    )
    return False


def _kind(value: Setting) -> tuple[type, str]:
    return type(value), _unit(value)


def _check(parameter: Parameter, node: Node, report: Report) -> bool:
    """Report what is wrong with a parameter and the value that stands in a node; True when nothing is."""
    if parameter.options:
        if parameter.shown in parameter.options:
            return True
        advice = did_you_mean(parameter.shown, parameter.options)
        report.error("not-an-option", node.at, f"{parameter.shown} is no option of {parameter.name}", remedy=advice)
        return False
    if isinstance(parameter.value, str):
        report.error(
            "no-options",
            parameter.at,
            f"{parameter.name} is a word, so its options must be listed",
            remedy="Write one_of: [yes, no], or a quantity such as 31 days.",
        )
        return False
    within = [_within(parameter, bound, wrong, node, report) for bound, wrong in _bounds(parameter)]
    return all(within)


def _bounds(parameter: Parameter) -> tuple[tuple[Setting | None, Callable[[Setting, Setting], bool]], ...]:
    return (parameter.lowest, _less), (parameter.highest, _more)


def _within(
    parameter: Parameter,
    bound: Setting | None,
    wrong: Callable[[Setting, Setting], bool],
    node: Node,
    report: Report,
) -> bool:
    at, shown = parameter.at, parameter.shown
    if bound is None:
        report.error("no-bounds", at, f"{parameter.name} has no min or no max", "A site could set anything.")
        return False
    if _kind(bound) != _kind(parameter.value):
        report.error("bounds-unit", at, f"{parameter.name}: {bound} and {shown} cannot be compared")
        return False
    if wrong(parameter.value, bound):
        report.error(
            "out-of-bounds",
            node.at,
            f"{shown} is outside {parameter.lowest} to {parameter.highest} of {parameter.name}",
            remedy=f"The bounds stand in {at}.",
        )
        return False
    return True


def _unit(value: Setting) -> str:
    return value.unit if isinstance(value, Quantity) else ""


def _number(value: Setting) -> float:
    return value.value if isinstance(value, Quantity) else float(value)


def _less(value: Setting, bound: Setting) -> bool:
    return _number(value) < _number(bound)


def _more(value: Setting, bound: Setting) -> bool:
    return _number(value) > _number(bound)
