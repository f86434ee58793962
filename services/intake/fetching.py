"""Fetches one public web page for a visitor, and nothing else that this machine could reach.

Every name is resolved once, every address it has is checked, and the connection goes to a checked address, so that a
name cannot mean something else a moment later. Redirects are checked like the first address. No proxy, no cookie.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx
from anyio import to_thread

from services.core.errors import JobDescriptionRefused

TOTAL_S = 8.0
MAX_BYTES = 1_000_000
"""Of a page, packed and unpacked."""
MAX_REDIRECTS = 3
MAX_ADDRESS = 2000
PORTS = (80, 443)
MEDIA_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "application/json", "application/ld+json"})
HEADERS = {
    "User-Agent": "Syntaxia (reads one job page because a visitor asked for it)",
    "Accept": "text/html, text/plain;q=0.8, application/ld+json;q=0.5",
    "Accept-Language": "en, *;q=0.5",
    "Accept-Encoding": "gzip",
}
Resolve = Callable[[str, int], list[str]]
"""IP addresses of a name. Blocking; raises OSError when there are none."""

PASTE = "Open the page in your browser, copy the text of the posting and paste it into the field."
NO_ADDRESS = "This is not a web address. It should look like https://example.com/jobs/123."
PRIVATE = f"This address leads into a private network, not to a public web page, so it is not opened. {PASTE}"
CREDENTIALS = "This address contains a user name or password. Remove it: only pages that everybody can open are read."
PORT = f"This address names an unusual port, so it is not opened. {PASTE}"
NOT_FOUND = "No web site has this name. Check the address for typing errors."
UNREACHABLE = f"The web site could not be reached. {PASTE}"
UNTRUSTED = f"The web site could not prove that it is the one its name says, so it is not read. {PASTE}"
TOO_SLOW = f"The web site took longer than {TOTAL_S:.0f} seconds. Try again, or: {PASTE[0].lower()}{PASTE[1:]}"
TOO_LARGE = f"This page is larger than 1 MB, which no job posting is. {PASTE}"
TOO_OFTEN = f"This address leads from page to page without end. {PASTE}"
DAMAGED = f"The web site sent something that is not a page to read. {PASTE}"
NO_PAGE = (
    "This address leads to a file, not to a web page. Download it and add it as a file if it is a PDF or a Word"
    " document, or paste its text into the field."
)
GONE = "The web site says that this page does not exist. The job may have been filled; check the address."
SHUT = f"The web site shows this page to people only, not to programs. {PASTE}"
IN_TROUBLE = f"The web site is in trouble at the moment. Try again later, or: {PASTE[0].lower()}{PASTE[1:]}"

_NUMBERS_END = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
"""Hosts that browsers read as IPv4 addresses, also in decimal, octal and hexadecimal."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All that IANA gives to hosts on the internet; of IPv6, nothing else is one."""
_NO_HOST = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's translation
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # a cloud's services for its own machines
        "169.254.0.0/16",  # this link; clouds keep the secrets of a machine there
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, translation and its discovery
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
"""IANA's registries of special addresses (RFC 6890), read on 2026-11-28. Kept here, because `ipaddress` knows others in
each version of Python: to 3.11 all of 192.0.0.0/24 but a few were hosts like any other."""


@dataclass(frozen=True, slots=True)
class WebPage:
    body: bytes
    media_type: str
    charset: str
    """As the site declared it; "" when it did not."""


def resolve(host: str, port: int) -> list[str]:
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def is_public(address: str) -> bool:
    """False for every address that is not a host on the open internet, however it is written."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip.scope_id or ip not in _GLOBAL_UNICAST:
            return False
    return not any(ip in network for network in _NO_HOST)


class Fetcher:
    """Thread-safe. `allowed` are pairs of address and port that are fetched from although they are not public."""

    def __init__(
        self,
        resolve: Resolve = resolve,
        allowed: frozenset[tuple[str, int]] = frozenset(),
        tls: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._resolve, self._allowed, self._tls, self._total_s = resolve, allowed, tls, total_s

    def fetch(self, address: str) -> WebPage:
        """Blocking, for `total_s` at most. Raises JobDescriptionRefused with what to do instead."""
        return asyncio.run(self._within_time(address))

    async def _within_time(self, address: str) -> WebPage:
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(self._parsed(address))
        except (TimeoutError, httpx.TimeoutException):
            raise JobDescriptionRefused(TOO_SLOW) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            # The last: `xn--` in front of what is no name; httpx finds out whenever it is asked for the host.
            raise JobDescriptionRefused(NO_ADDRESS) from None
        except (httpx.RemoteProtocolError, zlib.error):
            raise JobDescriptionRefused(DAMAGED) from None
        except httpx.HTTPError as error:
            raise JobDescriptionRefused(UNTRUSTED if _is_about_trust(error) else UNREACHABLE) from None

    def _parsed(self, address: str) -> httpx.URL:
        address = address.strip()
        if not re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE) and "." in address:
            address = f"https://{address}"
        if len(address) > MAX_ADDRESS:
            raise JobDescriptionRefused(NO_ADDRESS)
        return httpx.URL(address)

    async def _follow(self, url: httpx.URL) -> WebPage:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            answer = await self._get(url, await self._addresses(url))
            if isinstance(answer, WebPage):
                return answer
            url = url.join(answer)
        raise JobDescriptionRefused(TOO_OFTEN)

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise JobDescriptionRefused(NO_ADDRESS)
        if url.userinfo:
            raise JobDescriptionRefused(CREDENTIALS)
        if _port(url) not in (*PORTS, *(port for _, port in self._allowed)):
            raise JobDescriptionRefused(PORT)

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """All that the name has, IPv4 first; one that is not public spoils them all."""
        host, port = url.raw_host.decode(), _port(url)
        if not _is_address(host) and _NUMBERS_END.search(host):
            raise JobDescriptionRefused(PRIVATE)
        # The thread is left behind when it is late: a name server may hold `getaddrinfo` for minutes.
        look_up = partial(self._resolve, host, port)
        try:
            found = [host] if _is_address(host) else await to_thread.run_sync(look_up, abandon_on_cancel=True)
        except (OSError, UnicodeError):
            raise JobDescriptionRefused(NOT_FOUND) from None
        if not all((address, port) in self._allowed or (is_public(address) and port in PORTS) for address in found):
            raise JobDescriptionRefused(PRIVATE)
        return sorted(found, key=lambda address: ":" in address)

    async def _get(self, url: httpx.URL, addresses: list[str]) -> WebPage | str:
        """The page, or the address it redirects to; from the first of the addresses that takes a connection."""
        # `trust_env` of the context is for SSL_CERT_FILE alone; that of the client would let a proxy resolve names.
        tls = self._tls or httpx.create_ssl_context()
        async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=self._total_s) as client:
            for address in addresses:
                request = httpx.Request(
                    "GET",
                    url.copy_with(host=address, fragment=None),
                    headers={**HEADERS, "Host": url.netloc.decode()},
                    # Certificates are checked for the name, although the connection goes to the address.
                    extensions={
                        "sni_hostname": url.raw_host.decode(),
                        "timeout": httpx.Timeout(self._total_s).as_dict(),
                    },
                )
                try:
                    response = await client.send(request, stream=True)
                except httpx.ConnectError:
                    if address == addresses[-1]:
                        raise
                    continue
                try:
                    return await _answer(response)
                finally:
                    await response.aclose()
        raise JobDescriptionRefused(NOT_FOUND)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


async def _answer(response: httpx.Response) -> WebPage | str:
    status = response.status_code
    if response.has_redirect_location:
        return response.headers["Location"]
    if status >= 400:
        sentence = {404: GONE, 410: GONE}.get(status, SHUT if status < 500 else IN_TROUBLE)
        raise JobDescriptionRefused(sentence)
    media_type = response.headers.get("Content-Type", "text/html").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise JobDescriptionRefused(NO_PAGE)
    return WebPage(await _body(response), media_type, response.charset_encoding or "")


async def _body(response: httpx.Response) -> bytes:
    """Unpacked here and never beyond the limit: a kilobyte of gzip can hold a megabyte."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "deflate"):
        raise JobDescriptionRefused(DAMAGED)
    unpack = None if encoding == "identity" else zlib.decompressobj(wbits=47)
    packed_bytes, body = 0, bytearray()
    async for chunk in response.aiter_raw():
        packed_bytes += len(chunk)
        body += unpack.decompress(chunk, MAX_BYTES + 1 - len(body)) if unpack else chunk
        if max(packed_bytes, len(body)) > MAX_BYTES:
            raise JobDescriptionRefused(TOO_LARGE)
    return bytes(body)
