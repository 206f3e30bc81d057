import ipaddress
from functools import lru_cache

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
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
    return address or "0.0.0.0"  # noqa: S104  # nosec B104  # A socket has no address.


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
