"""Which addresses may be connected to: what a name leads to is judged, not the name (checklist S-23)."""

from __future__ import annotations

from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NEVER = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network: a server that is bound to every address answers on it
        "169.254.0.0/16",  # link-local, with the metadata service of most clouds
        "100.100.100.200/32",  # metadata services outside of the link-local range
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "fe80::/10",  # link-local
        "2001::/32",  # Teredo, which hides an IPv4 address
    )
)
_CARRIERS = tuple(ip_network(each) for each in ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
_OWN_CARRIER = ip_network("64:ff9b:1::/48")
_SIX_TO_FOUR = ip_network("2002::/16")


class Kind(Enum):
    """What an address is to this service."""

    PUBLIC = auto()
    PRIVATE = auto()
    HERE = auto()
    NEVER = auto()


def kind_of(address: str) -> Kind:
    """The kind of a numeric address; an IPv4 address within an IPv6 address is judged as itself.

    Raises:
        ValueError: it is no numeric address.
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return _plain(found)
    bits = int(found)
    if any(found in each for each in _CARRIERS):
        return _plain(IPv4Address(bits & 0xFFFFFFFF))
    if found in _SIX_TO_FOUR:
        return _plain(IPv4Address(bits >> 80 & 0xFFFFFFFF))
    if found in _OWN_CARRIER:
        carried = _plain(IPv4Address(bits & 0xFFFFFFFF))
        return Kind.PRIVATE if carried is Kind.PUBLIC else carried
    return _plain(found)


def _plain(found: IPv4Address | IPv6Address) -> Kind:
    if found.is_loopback:
        return Kind.HERE
    if any(found.version == each.version and found in each for each in _NEVER):
        return Kind.NEVER
    if found.is_multicast or found.is_unspecified or found.is_reserved:
        return Kind.NEVER
    if not found.is_global or (isinstance(found, IPv6Address) and found.is_site_local):
        return Kind.PRIVATE
    return Kind.PUBLIC


def is_here(host: str) -> bool:
    """Whether a host is named as this computer: ``localhost``, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def may_connect(host: str, address: str, private: bool) -> bool:
    """Whether a connection for a host may go to an address to which its name leads.

    A host that is named as this computer is reached on this computer alone, and no other name leads to it.

    Args:
        host: as the URL names it.
        address: numeric.
        private: whether the address may be of a private network.
    """
    kind = kind_of(address)
    if is_here(host):
        return kind is Kind.HERE
    return kind is Kind.PUBLIC or (private and kind is Kind.PRIVATE)


def may_connect_to_proxy(address: str) -> bool:
    """Whether a proxy of the site file may have an address: any but those that nothing may have."""
    return kind_of(address) is not Kind.NEVER


def may_name(host: str, private: bool) -> bool:
    """Whether a host may be asked for at all: a plain name, or a numeric address that may be connected to.

    Other spellings of numbers (``2130706433``, ``0x7f.1``, ``127.1``) are refused: who reads them how is not certain.
    """
    try:
        return may_connect(host, host, private)
    except ValueError:
        return not _ends_in_number(host)


def _ends_in_number(host: str) -> bool:
    """Whether the last label is a number, by which resolvers take a host for an address (WHATWG URL, section 3.5)."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    if last.startswith("0x"):
        return all(each in "0123456789abcdef" for each in last[2:])
    return last.isdigit() or not last
