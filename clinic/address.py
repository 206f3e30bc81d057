import ipaddress

from django.conf import settings


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
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_trusted(text: str) -> bool:
    if not is_address(text):
        return False
    address = ipaddress.ip_address(text)
    return any(address in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)
