"""Fetching one public page and nothing else, against real servers on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from ipaddress import ip_network
from socketserver import StreamRequestHandler

import pytest

from services.core.errors import JobDescriptionRefused
from services.intake import fetching
from services.intake.fetching import Fetcher, is_public
from tests.intake.sites import Reply, Site, page, redirect, serving
from tests.simulators import tls
from tests.waiting import PATIENCE_S

MS = 0.001
JOB = "<main><h1>Backend Engineer</h1><p>You design the payment platform with us in Python.</p></main>"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


def refusal(fetcher: Fetcher, address: str) -> str:
    with pytest.raises(JobDescriptionRefused) as refused:
        fetcher.fetch(address)
    return refused.value.sentence


def drip(head: bytes, piece: bytes) -> Reply:
    """Never stops, and never pauses long enough for a timeout of one read."""

    def reply(connection: StreamRequestHandler) -> None:
        connection.wfile.write(head)
        while True:
            connection.wfile.write(piece)
            time.sleep(20 * MS)

    return reply


def test_a_page_is_fetched_with_its_charset(site: Site) -> None:
    site.replies["/job"] = page(JOB.encode("latin-1"), "Text/HTML; charset=ISO-8859-1")

    fetched = site.fetcher({"jobs.example.com": ["127.0.0.1"]}).fetch(site.url("/job", "jobs.example.com"))

    assert (fetched.media_type, fetched.charset.lower()) == ("text/html", "iso-8859-1")
    assert fetched.body == JOB.encode()
    assert f"Host: jobs.example.com:{site.port}" in site.requests[0]


@pytest.mark.parametrize(("encoding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_pages_are_unpacked(site: Site, encoding: str, packed: type[bytes]) -> None:
    site.replies["/"] = page(packed(JOB.encode()), Content_Encoding=encoding)

    assert site.fetcher().fetch(site.url()).body == JOB.encode()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://localhost/",
        "http://127。0。0。1/",
        "https://127.0.0.1:80/",
    ],
)
def test_no_address_inside_is_opened(address: str) -> None:
    assert refusal(Fetcher(), address) == fetching.PRIVATE


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("file:///etc/passwd", fetching.NO_ADDRESS),
        ("ftp://example.com/job.html", fetching.NO_ADDRESS),
        ("gopher://example.com/", fetching.NO_ADDRESS),
        ("javascript:alert(1)", fetching.NO_ADDRESS),
        ("data:text/html,job", fetching.NO_ADDRESS),
        ("", fetching.NO_ADDRESS),
        ("hello", fetching.NO_ADDRESS),
        ("http://", fetching.NO_ADDRESS),
        ("http://0177.0.0.1/", fetching.NO_ADDRESS),
        ("http://[::1/", fetching.NO_ADDRESS),
        ("http://xn--/", fetching.NO_ADDRESS),
        (f"https://example.com/{'a' * 3000}", fetching.NO_ADDRESS),
        ("https://user:secret@example.com/", fetching.CREDENTIALS),
        ("https://user@example.com/", fetching.CREDENTIALS),
        ("http://example.com:8501/", fetching.PORT),
        ("http://example.com:22/", fetching.PORT),
        (f"http://{'a' * 70}.example/", fetching.NOT_FOUND),
    ],
)
def test_what_is_no_public_address_is_refused(address: str, sentence: str) -> None:
    assert refusal(Fetcher(lambda host, port: [] if host.encode("idna") else ["127.0.0.1"]), address) == sentence


NO_HOSTS = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
    198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64
    2001::/32 2001:2::/48 2001:20::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7
    fe80::/10 fec0::/10 ff00::/8 64:ff9b::7f00:0/104 64:ff9b::c000:0/120
"""


@pytest.mark.parametrize("network", NO_HOSTS.split())
def test_special_addresses_are_no_hosts_in_any_version_of_python(network: str) -> None:
    special = ip_network(network)

    for address in {special[0], special[special.num_addresses // 2], special[-1]}:
        assert not is_public(str(address))


def test_an_address_of_one_link_is_no_host() -> None:
    assert not is_public("2606:4700::1111%eth0")


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "100.63.255.255",
        "198.17.255.255",
        "192.0.1.0",
        "223.255.255.255",
        "2606:4700::1111",
        "64:ff9b::8.8.8.8",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("found", [["10.0.0.7"], ["93.184.215.14", "127.0.0.1"], ["93.184.215.14", "::1"]])
def test_a_name_with_a_private_address_is_refused(found: list[str]) -> None:
    assert refusal(Fetcher(lambda host, port: found), "https://jobs.example.com/1") == fetching.PRIVATE


def test_a_name_is_resolved_once_and_pinned(site: Site) -> None:
    answers = [["127.0.0.1"], ["10.0.0.7"]]
    site.replies["/"] = page(JOB)
    fetcher = Fetcher(lambda host, port: answers.pop(0), frozenset({("127.0.0.1", site.port)}))

    fetcher.fetch(site.url(host="rebinding.example.com"))

    assert answers == [["10.0.0.7"]]


def test_an_address_without_scheme_means_https() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        raise OSError

    assert refusal(Fetcher(resolve), "  jobs.example.com/1 ") == fetching.NOT_FOUND
    assert asked == [("jobs.example.com", 443)]


def test_redirects_are_followed(site: Site) -> None:
    site.replies |= {"/": redirect("/a"), "/a": redirect(site.url("/b")), "/b": redirect("c"), "/c": page(JOB)}

    assert site.fetcher().fetch(site.url()).body == JOB.encode()


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("http://127.0.0.1/", fetching.PRIVATE),
        ("http://[::1]/", fetching.PRIVATE),
        ("//169.254.169.254/latest", fetching.PRIVATE),
        ("http://127.0.0.1:22/", fetching.PORT),
        ("file:///etc/passwd", fetching.NO_ADDRESS),
        ("http://xn--/", fetching.NO_ADDRESS),
        ("http://user:word@example.com/", fetching.CREDENTIALS),
        ("http://inside.example.com/", fetching.PRIVATE),
        ("/", fetching.TOO_OFTEN),
    ],
)
def test_redirects_are_checked_like_addresses(site: Site, location: str, sentence: str) -> None:
    site.replies["/"] = redirect(location)

    assert refusal(site.fetcher({"inside.example.com": ["10.0.0.7"]}), site.url()) == sentence


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (page(bytes(1_000_001)), fetching.TOO_LARGE),
        (page(JOB, Content_Encoding="br"), fetching.DAMAGED),
        (page(JOB, Content_Encoding="gzip"), fetching.DAMAGED),
        (b"SSH-2.0-OpenSSH_9.6\r\n", fetching.DAMAGED),
        (page(b"%PDF-1.4", "application/pdf"), fetching.NO_PAGE),
        (page(b"\xff\xd8", "image/jpeg"), fetching.NO_PAGE),
        (page("", status="404 Not Found"), fetching.GONE),
        (page("", status="403 Forbidden"), fetching.SHUT),
        (page("", status="429 Too Many Requests"), fetching.SHUT),
        (page("", status="503 Service Unavailable"), fetching.IN_TROUBLE),
    ],
)
def test_an_answer_that_is_no_page_says_why(site: Site, reply: bytes, sentence: str) -> None:
    site.replies["/"] = reply

    assert refusal(site.fetcher(), site.url()) == sentence


def test_a_gzip_bomb_is_never_unpacked(site: Site) -> None:
    site.replies["/"] = page(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")

    tracemalloc.start()
    sentence = refusal(site.fetcher(), site.url())
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sentence == fetching.TOO_LARGE
    assert peak_bytes < 10_000_000


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<p>"),
    ],
    ids=["status", "headers", "body"],
)
def test_a_site_that_drips_for_ever_is_left(site: Site, reply: Reply) -> None:
    site.replies["/"] = reply

    assert refusal(site.fetcher(total_s=300 * MS), site.url()) == fetching.TOO_SLOW


def test_a_silent_name_server_is_left() -> None:
    release = threading.Event()

    sentence = refusal(Fetcher(lambda host, port: [str(release.wait(PATIENCE_S))], total_s=100 * MS), "example.com")
    release.set()

    assert sentence == fetching.TOO_SLOW


def test_a_site_that_refuses_connections_is_unreachable(site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    fetcher = Fetcher(allowed=frozenset({("127.0.0.1", port)}))

    assert refusal(fetcher, f"http://127.0.0.1:{port}/") == fetching.UNREACHABLE


def test_the_next_address_of_a_name_is_tried(site: Site) -> None:
    site.replies["/"] = page(JOB)
    allowed = frozenset({("127.0.0.1", site.port), ("127.0.0.9", site.port)})
    fetcher = Fetcher(lambda host, port: ["127.0.0.9", "127.0.0.1"], allowed)

    assert fetcher.fetch(site.url(host="jobs.example.com")).body == JOB.encode()


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("jobs.example.com", False)])
def test_certificates_are_checked_for_the_name(name: str, trusted: bool) -> None:
    context, asked = tls.server_context(), []
    context.sni_callback = lambda connection, host, _: asked.append(host)
    with serving(context) as site:
        site.replies["/"] = page(JOB)
        fetcher = site.fetcher({name: ["127.0.0.1"]}, tls=ssl.create_default_context(cafile=tls.authority()))
        outcome = _outcome(fetcher, site.url(host=name, scheme="https"))

    assert outcome == (JOB if trusted else fetching.UNTRUSTED)
    assert asked == [name]


def test_an_unknown_authority_is_not_trusted() -> None:
    with serving(tls.server_context()) as site:
        assert refusal(site.fetcher(), site.url(scheme="https")) == fetching.UNTRUSTED


def _outcome(fetcher: Fetcher, address: str) -> str:
    try:
        return fetcher.fetch(address).body.decode()
    except JobDescriptionRefused as refused:
        return refused.sentence
