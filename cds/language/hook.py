"""A hook as data: which member of its context holds the new orders, and what a call must bring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hook:
    """A CDS Hooks hook, from ``hooks/<name>.yaml``.

    Attributes:
        name: such as ``order-sign``.
        title: what happens at this moment, in words.
        version: the hook's own published version.
        orders_at: member of the context that holds the bundle of new orders; empty for hooks without orders.
        selections_at: member that lists the references of the orders under consideration; empty when there is none.
    """

    name: str
    title: str
    version: str
    orders_at: str = ""
    selections_at: str = ""
