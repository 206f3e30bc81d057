"""Which address a request is taken to come from."""

import pytest
from django.test import RequestFactory

from clinic.address import client_address, network_of

PROXIES = ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6,198.51.100.1,10.0.0.2,10.0.0.3", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("10.0.0.1", "6.6.6.6, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.1", "0.0.0.0"),
        ("unix:", "198.51.100.1", "unix:"),
        ("10.0.0.1", "fe80::1%" + "x" * 70_000, "10.0.0.1"),
    ],
)
def test_only_proxies_of_ours_are_believed(settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = PROXIES
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)

    assert client_address(request) == address


def test_nobody_is_believed_where_no_proxy_is_named(settings):
    settings.TRUSTED_PROXIES = []

    request = RequestFactory().get("/", headers={"X-Forwarded-For": "6.6.6.6"})

    assert client_address(request) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::"),
        ("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::7", "2001:db8:1:3::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::"),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_address_is_counted_by_its_64(address, network):
    assert network_of(address) == network
