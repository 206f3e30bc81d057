import ipaddress
from functools import lru_cache

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HOST_BITS = 64  # Of IPv6: whoever has one address there has all that differ in these alone.
NO_ADDRESS = "0.0.0.0"  # noqa: S104  # nosec B104  # What a socket has in its place.
LONGEST = 64  # Of IPv6 with the name of an interface.


def client_address(request) -> str:
    """The address that a request came from, as far as it can be believed.

    `X-Forwarded-For` is read from its end, and only as far as its writers are in
    `TRUSTED_PROXIES`: anything left of that may have been written by the client itself.
    """
    address = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    while hops and is_trusted(address) and is_address(hops[-1]):
        address = hops.pop()
    return address or NO_ADDRESS


def client_network(request) -> str:
    """Where a request came from, as attempts are counted: see `network_of()`."""
    return network_of(client_address(request))


@lru_cache(maxsize=1024)
def network_of(text: str) -> str:
    """An IPv4 address itself, of an IPv6 address its /64 as "2001:db8:1:2::": a household, or a
    phone, has all of that, and would count as somebody new with each of its addresses."""
    address = as_address(text)
    if not isinstance(address, ipaddress.IPv6Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(address) >> HOST_BITS << HOST_BITS))


def is_address(text: str) -> bool:
    return as_address(text) is not None


def is_trusted(text: str) -> bool:
    address = as_address(text)
    return address is not None and any(
        address in as_network(network) for network in settings.TRUSTED_PROXIES
    )


def as_address(text: str) -> Address | None:
    return known_address(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=1024)
def known_address(text: str) -> Address | None:
    """Those who ask come again and again, and each request asks for theirs several times."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


as_network = lru_cache(maxsize=256)(ipaddress.ip_network)
