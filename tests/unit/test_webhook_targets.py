"""How addresses of webhooks are read: one spelling goes through, and every other one for the same place does not."""

import string
from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import TargetRefused
from lib.webhooks.targets import LONGEST, read_target
from lib.webhooks.wall import Wall

WALL = Wall()
DEVELOPMENT = Wall(ports=frozenset({443, 9000}), hosts=frozenset({"localhost"}), is_http_open=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("HTTPS://Example.COM/Hooks?a=1&b=%20", "example.com", 443, "/Hooks?a=1&b=%20"),
        ("https://example.com:8443?x", "example.com", 8443, "/?x"),
        ("https://example.com./a", "example.com", 443, "/a"),
        ("https://한국.example/a", "xn--3e0b707e.example", 443, "/a"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://8.8.8.8/a", "8.8.8.8", 443, "/a"),
        ("https://[2606:4700::1111]/a", "2606:4700::1111", 443, "/a"),
        ("https://a.b-c.example/@user:x", "a.b-c.example", 443, "/@user:x"),
    ],
)
def test_an_address_that_can_be_used_is_read_in_one_way(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url, WALL)
    assert target[:4] == ("https", host, port, path)
    assert read_target(target.url, WALL) == target


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "https:/example.com", "https:example.com", "https://", "https:///a",
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "https://user@example.com/", "https://user:word@example.com/", "https://@example.com/",
        "https://example.com@127.0.0.1/", "https://example.com%40127.0.0.1/", "https://example.com\\@127.0.0.1/",
        "https://example.com\\.evil.example/", "https:\\\\example.com/", "https://exam ple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nHost: x", "https://example.com/\t", "https://exa\nmple.com/", "https://example.com/\x00",
        "https://example.com/#part", "https://example.com#@127.0.0.1/", "https://example.com/%", "https://example.com/%zz",
        "https://example.com/ä", "https://example.com/<a>",
        "https://example.com:22/", "https://example.com:80/", "https://example.com:0/", "https://example.com:65536/",
        "https://example.com:/", "https://example.com:+443/", "https://example.com:４４３/", "https://example.com:443:443/",
        "https://localhost/", "https://LOCALHOST./", "https://intranet/", "https://.example.com/", "https://a..b/",
        "https://example.com../", "https://-a.example/", "https://a_b.example/", "https://xn--a.example/",
        "https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/",
        "https://example.com/" + "a" * LONGEST,
        "https://127.0.0.1/", "https://127.0.0.1./", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/",
        "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0x/", "https://127.0.0.0x1/",
        "https://00000127.0.0.1/", "https://1.2.3.4.5/", "https://8.8.8.08/", "https://256.8.8.8/", "https://8.8.8/",
        "https://１２７.０.０.１/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://loc\u00adalhost/",
        "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::8.8.8.8]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/", "https://[fd00:ec2::254]/",
        "https://[8.8.8.8]/", "https://[::1/", "https://::1/", "https://[::1]a/", "https://[v1.x]/",
        "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/", "https://168.63.129.16/",
    ],
)  # fmt: skip
def test_what_is_read_differently_elsewhere_or_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        read_target(url, WALL)
    assert caught.value.hint


def test_development_reaches_a_local_receiver_where_an_operator_says_so() -> None:
    target = read_target("http://localhost:9000/hook", DEVELOPMENT)
    assert (target.host, target.host_header, target.url) == (
        "localhost",
        "localhost:9000",
        "http://localhost:9000/hook",
    )
    with pytest.raises(TargetRefused):
        read_target("http://intranet:9000/hook", DEVELOPMENT)


spellings = st.sampled_from(["decimal", "hex", "octal", "short", "long", "hex parts", "octal parts", "mixed"])


@given(st.ip_addresses(v=4), spellings)
def test_no_other_spelling_of_a_number_is_taken_for_a_host(address: IPv4Address, spelling: str) -> None:
    number, parts = int(address), address.packed
    text = {
        "decimal": str(number),
        "hex": hex(number),
        "octal": f"0{number:o}",
        "short": f"{parts[0]}.{number & 0xFFFFFF}",
        "long": ".".join(f"{part:03d}" for part in parts),
        "hex parts": ".".join(hex(part) for part in parts),
        "octal parts": ".".join(f"0{part:o}" for part in parts),
        "mixed": f"{hex(parts[0])}.{parts[1]}.0{parts[2]:o}.{parts[3]}",
    }[spelling]
    if text == str(address):
        return
    with pytest.raises(TargetRefused):
        read_target(f"https://{text}/", WALL)


@given(st.ip_addresses(v=4))
def test_an_address_in_its_usual_spelling_is_read_as_itself(address: IPv4Address) -> None:
    wall = Wall(networks=(), hosts=frozenset({str(address)}))
    target = read_target(f"https://{address}/", wall)
    assert target.address == ip_address(target.host) == address


@given(st.text(alphabet=string.printable + "한。．①＠／\u200b\u00ad", max_size=40))
def test_whatever_goes_through_means_the_same_to_the_standard_library(text: str) -> None:
    try:
        target = read_target(f"https://{text}", WALL)
    except TargetRefused:
        return
    read = urlsplit(target.url)
    assert (read.hostname, read.port or 443, read.username, read.fragment) == (target.host, target.port, None, "")
    assert target.url.isascii()
    assert not set(target.url) & set(' \\\r\n\t"<>')
    assert target.address is not None or "." in target.host
