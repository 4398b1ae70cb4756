"""Which addresses webhooks reach: every kind that is not public is closed, in whatever it is wrapped."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ConfigurationError
from lib.settings import Settings
from lib.webhooks.addresses import is_public, lies_in, read_network
from lib.webhooks.wall import Wall, wall_of

CLOSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%2", "fec0::1", "ff02::1", "4000::1",
]  # fmt: skip

OPEN = [
    "8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0",
    "169.253.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888",
]  # fmt: skip


@pytest.mark.parametrize("text", CLOSED)
def test_what_is_not_public_is_closed(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not Wall().lets("example.com", ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_what_is_public_is_open(text: str) -> None:
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_what_the_standard_library_calls_private_is_closed(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_public(address)


@given(st.ip_addresses(v=6))
def test_so_it_is_with_ipv6(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_closed_whatever_it_is(inside: IPv4Address) -> None:
    number = int(inside)
    for outside in (
        (0xFFFF << 32) | number,  # IPv4-mapped
        number,  # IPv4-compatible
        (0x64FF9B << 96) | number,  # NAT64
        (0x2002 << 112) | (number << 80),  # 6to4
        (0x20010000 << 96) | number,  # Teredo
    ):
        assert not is_public(IPv6Address(outside))


@given(st.ip_addresses(network=ip_network("10.20.0.0/16")), st.ip_addresses(network=ip_network("10.21.0.0/16")))
def test_an_operator_opens_a_network_and_nothing_beside_it(within: IPv4Address, beside: IPv4Address) -> None:
    wall = wall_of(Settings(webhook_allow=("10.20.0.0/16", "fd12::/64")))
    assert wall.lets("anything.example", within)
    assert not wall.lets("anything.example", beside)
    assert wall.lets("anything.example", ip_address("fd12::5"))
    assert not wall.lets("anything.example", ip_address("fd13::5"))


def test_an_operator_opens_a_host_by_its_name_alone() -> None:
    wall = wall_of(Settings(webhook_allow=("Hooks.Internal.",)))
    assert wall.lets("hooks.internal", ip_address("10.0.0.1"))
    assert not wall.lets("other.internal", ip_address("10.0.0.1"))


def test_ports_are_few_and_http_is_for_development() -> None:
    wall = wall_of(Settings())
    assert [port for port in range(65536) if wall.lets_port("https", port)] == [443, 8443]
    assert not any(wall.lets_port("http", port) for port in (80, 443, 8443))
    open_wall = wall_of(Settings(webhook_http=True, webhook_ports=("443", "9000")))
    assert [port for port in (80, 443, 8080, 9000) if open_wall.lets_port("http", port)] == [80, 443, 9000]
    assert not open_wall.lets_port("https", 80)
    with pytest.raises(ConfigurationError, match="https"):
        wall_of(Settings(webhook_ports=("https",)))


def test_a_network_is_told_from_a_name() -> None:
    assert read_network("10.0.0.1") == ip_network("10.0.0.1/32")
    assert read_network("10.0.0.1/8") is None
    assert not lies_in(ip_address("::1"), (ip_network("0.0.0.0/0"),))
