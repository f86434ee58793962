"""A web site on loopback whose answers are bytes, as slow as a test wants; and documents as programs write them."""

from __future__ import annotations

import io
import socketserver
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.intake.fetching import Fetcher

Reply = bytes | Callable[["socketserver.StreamRequestHandler"], None]


def page(body: bytes | str, media_type: str = "text/html; charset=utf-8", status: str = "200 OK", **more: str) -> bytes:
    """A whole HTTP response."""
    content = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": media_type, "Content-Length": str(len(content)), "Connection": "close"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def redirect(location: str) -> bytes:
    return page("", status="302 Found", Location=location)


@dataclass
class Site:
    port: int
    replies: dict[str, Reply] = field(default_factory=dict)
    """By path."""
    requests: list[str] = field(default_factory=list)
    """Heads of requests, as they came."""

    def fetcher(self, names: dict[str, list[str]] | None = None, **options: object) -> Fetcher:
        """Takes this site for a public one, and finds names in this table alone."""

        def resolve(host: str, port: int) -> list[str]:
            if names is None or host not in names:
                raise OSError
            return names[host]

        return Fetcher(resolve, frozenset({("127.0.0.1", self.port)}), **options)  # type: ignore[arg-type]

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                head = b"".join(iter(self.rfile.readline, b"\r\n"))
                site.requests.append(head.decode())
                reply = site.replies[head.split()[1].decode()]
                reply(self) if callable(reply) else self.wfile.write(reply)
            except (OSError, IndexError):
                pass  # the client has seen enough, or does not trust the certificate

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self) -> tuple[object, object]:  # type: ignore[override]
            connection, address = super().get_request()
            if tls is None:
                return connection, address
            return tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    with Server(("127.0.0.1", 0), Handler) as server:
        site = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def pdf(*pages: str) -> bytes:
    """A PDF of lines in Helvetica; a page without lines is what a scanner makes."""
    contents = []
    for text in pages:
        lines = " T* ".join(f"{_shown(line)} Tj" for line in text.splitlines())
        contents.append(f"BT /F1 11 Tf 14 TL 50 780 Td {lines} ET")
    return _drawn(*contents)


def drawn_pdf(*pieces: tuple[int, int, str]) -> bytes:
    """A PDF of one page with these texts at these places (points from the lower left), drawn in this order."""
    return _drawn(" ".join(f"BT /F1 11 Tf 1 0 0 1 {x} {y} Tm {_shown(text)} Tj ET" for x, y, text in pieces))


def _shown(line: str) -> str:
    return f"({line.replace('(', '').replace(')', '')})"


def _drawn(*contents: str) -> bytes:
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
    ]
    for number, content in enumerate(text.encode("cp1252") for text in contents):
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + 2 * number} 0 R"
            f" /Resources << /Font << /F1 {font} >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    made, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(made)}\n%%EOF"
    return made + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAIN_PART = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def docx(body: str, *, part: str = "word/document.xml", before: str = "", relations: bool = True) -> bytes:
    """A Word document of this WordprocessingML; `before` stands before the root element."""
    target = f'<Relationship Id="r1" Type="{MAIN_PART}" Target="/{part}"/>'
    relationships = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{target}'
    parts = {part: f'{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'}
    if relations:
        parts["_rels/.rels"] = f"{relationships}</Relationships>"
    return zipped(parts)


def zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def paragraphs(text: str) -> str:
    return "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
