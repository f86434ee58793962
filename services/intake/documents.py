"""Text out of documents that strangers bring: PDF, Word, plain text, web pages; told apart by content, not by name.

    python -m services.intake.documents [media type] [charset]        document on stdin, one JSON object on stdout

`intake` runs it as that process of its own, because no library that reads such formats is safe from a file made to
exhaust it. It reads no environment, opens no connection and can write no file.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from services.core.errors import JobDescriptionRefused
from services.core.plan.language import words_known
from services.core.plan.markup import plain_text
from services.core.plan.posting import MAX_CHARACTERS, MAX_RAW_CHARACTERS
from services.intake.columns import in_columns
from services.intake.job_page import posting_in, posting_on

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from pypdf import PageObject

MEMORY_BYTES = 1 << 30
CPU_S = 8
MAX_PAGES = 40
MAX_XML_BYTES = 8_000_000
"""Of one part of a Word document, unpacked; 2 MB can hold gigabytes."""
_PDF_LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": 16_000_000,
    "lzw_maximum_output_length": 16_000_000,
    "run_length_maximum_output_length": 16_000_000,
    "page_tree_maximum_entries": 10_000,
    "jbig2dec_binary": None,
}
"""Tighter than pypdf's own; a page of text has some kilobytes."""
MIN_LETTERS = 20

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""A second rendering of what stands beside it."""
_MAIN_PART = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_STRICT_PART = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
_BYTE_ORDERS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_BROWSERS_DO = {
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "ascii", "us-ascii"), "cp1252"),
    **dict.fromkeys(("utf-16le", "utf-16be"), "utf-8"),
}
"""WHATWG Encoding: Latin-1 is Windows' superset of it, and a declaration that reads as ASCII is not in UTF-16."""
_LATIN_CHARSETS = ("cp1252", "iso8859_2", "cp1250", "mac_roman", "cp1254", "cp1257")
_OTHER_CHARSETS = (
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
)
_DETECTED_FROM = 20_000
"""Bytes."""
_ENOUGH_LETTERS, _LATIN_SHARE = 8, 5
"""Bytes beyond ASCII from which, and one in how many bytes beyond which, a text is not in Latin letters."""
_NO_LETTER = re.compile(r"[\x80-\x9f\ufffd]")
_MAIL = re.compile(
    rb"\s{0,9}(?:[a-z][a-z-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*)*(?:mime-version|content-type|message-id|received):",
    re.IGNORECASE,
)
"""RFC 5322: header lines, folded perhaps. A page saved as MHTML is such a message too (RFC 2557)."""
_COVERING_LETTER = 400
"""Characters below which a message is about what it brings."""
_SPACED_OUT = re.compile(r"(?m)^(?:\S ){6,}\S?.*$")
_META_CHARSET = re.compile(rb"<meta\b[^<>]{0,200}?\bcharset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)

EMPTY = "There is no text in this document. Open it, copy the text of the job description and paste it into the field."
SCANNED = (
    "This PDF holds pictures of pages and no text, as scanners make them. Open it, copy or type the text of the job"
    " description and paste it into the field."
)
LOCKED = "This PDF is locked with a password. Save a copy without one, or paste its text into the field."
OLD_WORD = (
    "This is a Word document of the old kind (.doc), or one with a password. Save it as .docx or PDF without a"
    " password, or paste its text into the field."
)
UNKNOWN = (
    "This is neither a PDF nor a Word document (.docx) nor a text file. Save it as one of them, or paste its text."
)
PICTURE = (
    "This is a picture. Ema reads text only: copy or type the text of the job description and paste it into the field."
)
TOO_LARGE_INSIDE = (
    "This document is far larger inside than a job description can be. Paste the text of the role into the field."
)


def text_of(data: bytes, media_type: str = "", charset: str = "") -> str:
    """Plain text to be shown and edited. `media_type` and `charset` are what a web site said of its page.

    Raises JobDescriptionRefused with what to do instead, or anything at all on a file that lies about itself.
    """
    text = _read(data, media_type, charset)
    if len(text) > MAX_RAW_CHARACTERS:
        raise JobDescriptionRefused(
            f"This document has {len(text):,} characters; a job description may have {MAX_CHARACTERS:,}. "
            "Paste only the description of the role into the field."
        )
    if sum(character.isalpha() for character in text) < MIN_LETTERS:
        raise JobDescriptionRefused(EMPTY)
    return text


def _read(data: bytes, media_type: str, charset: str) -> str:
    if b"%PDF-" in data[:1024]:
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _word(data)
    if _MAIL.match(data[:8000]):
        return _mail(data)
    for start, sentence in ((b"\xd0\xcf\x11\xe0", OLD_WORD), (b"{\\rtf", UNKNOWN), (_PICTURES, PICTURE)):
        if data.startswith(start):
            raise JobDescriptionRefused(sentence)
    text = decoded(data, charset)
    if media_type.endswith("json"):
        return posting_in(text)
    return posting_on(text) if media_type.endswith("html") or _HTML.search(text[:2000]) else plain_text(text)


def decoded(data: bytes, charset: str = "") -> str:
    """Byte order mark, then what was declared, then UTF-8, then what its bytes are likeliest to be.

    Raises JobDescriptionRefused.
    """
    declared = _META_CHARSET.search(data[:4096])
    names = [name for mark, name in _BYTE_ORDERS if data.startswith(mark)]
    names += [charset, declared.group(1).decode("ascii", "ignore") if declared else ""]
    guesses = [(_AS_BROWSERS_DO.get(name.lower(), name), "strict") for name in names if name]
    guesses += [(name, "strict") for name in (*_unmarked_utf_16(data), "utf-8")]
    # One broken byte does not make a page that says it is UTF-8 something else.
    guesses += [("utf-8", "replace")] if "utf-8" in map(str.lower, names) else []
    text = next((text for guess in guesses if (text := _try(data, *guess)) is not None), None)
    text = text if text is not None else data.decode(_likeliest_charset(data), "replace")
    controls = sum(character < " " and character not in "\n\r\t\f\v" for character in text)
    if "\0" in text or controls * 50 > len(text):
        raise JobDescriptionRefused(UNKNOWN)
    return text


def _try(data: bytes, charset: str, errors: str) -> str | None:
    try:
        return data.decode(charset, errors)
    except (LookupError, ValueError):
        return None


def _likeliest_charset(data: bytes) -> str:
    """For a script other than Latin as charset-normalizer finds; it takes one Latin charset for another, so of those
    the one in whose letters the text makes most words of a language."""
    other = sum(byte > 0x7F for byte in data)
    if other >= _ENOUGH_LETTERS and other * _LATIN_SHARE > len(data):
        from charset_normalizer import from_bytes

        best = from_bytes(data[:_DETECTED_FROM], cp_isolation=[*_LATIN_CHARSETS, *_OTHER_CHARSETS]).best()
        if best and best.encoding in _OTHER_CHARSETS:
            return best.encoding
    readings = {name: data[:_DETECTED_FROM].decode(name, "replace") for name in _LATIN_CHARSETS}
    # A control character where a letter may be is no letter of this charset.
    known = {name: words_known(text) - len(_NO_LETTER.findall(text)) / 2 for name, text in readings.items()}
    return max(known, key=lambda name: known[name] + 1.5 * (name == "cp1252"))


def _unmarked_utf_16(data: bytes) -> list[str]:
    """Latin letters in UTF-16 have a zero in every second byte."""
    head = data[:2000]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(zeros) > 4 and zeros.count(0) * 10 > len(zeros) * 7:
            return [name]
    return []


def _mail(data: bytes) -> str:
    """The text of a message, its HTML rather than its plain part; that of a document it brings, where the message has
    hardly any of its own."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("html", "plain"))
    content = body.get_payload(decode=True) if body else None
    text = ""
    if body and isinstance(content, bytes):
        text = decoded(content, body.get_content_charset(""))
        text = posting_on(text) if body.get_content_subtype() == "html" else plain_text(text)
    if len(text) < _COVERING_LETTER:
        for attached in message.iter_attachments():
            document = attached.get_payload(decode=True)
            if isinstance(document, bytes) and (b"%PDF-" in document[:1024] or document.startswith(b"PK\x03\x04")):
                return _read(document, "", "")
    if not text:
        raise JobDescriptionRefused(EMPTY)
    return text


def _closed_up(line: re.Match[str]) -> str:
    """A line whose letters were drawn one by one ("S e n i o r   G o"): wider gaps are between words."""
    pieces = line[0].split()
    if sum(len(piece) == 1 for piece in pieces) * 10 < len(pieces) * 8:
        return line[0]
    return " ".join("".join(word.split()) for word in re.split(r" {2,}", line[0]))


def _pdf(data: bytes) -> str:
    import pypdf

    with pypdf.apply_configuration(**_PDF_LIMITS):
        reader = pypdf.PdfReader(BytesIO(data))
        # Many files are encrypted with an empty password, only to forbid printing.
        if reader.is_encrypted and not reader.decrypt(""):
            raise JobDescriptionRefused(LOCKED)
        if len(reader.pages) > MAX_PAGES:
            raise JobDescriptionRefused(
                f"This PDF has {len(reader.pages)} pages; a job description has a few. Paste only the description of"
                " the role into the field."
            )
        drawn = "\n".join(_page(page) for page in reader.pages)
        # What somebody filled into a form is in its fields, not on its pages.
        filled = "\n".join(value for value in reader.get_form_text_fields().values() if isinstance(value, str))
        text = plain_text(_SPACED_OUT.sub(_closed_up, f"{drawn}\n{filled}"))
    if sum(character.isalpha() for character in text) < MIN_LETTERS:
        raise JobDescriptionRefused(SCANNED)
    return text


def _page(page: PageObject) -> str:
    try:
        columns = in_columns(page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False))
    except (AttributeError, LookupError, TypeError, ValueError):
        columns = None  # pypdf lays out fewer fonts than it reads
    return columns or page.extract_text()


def _word(data: bytes) -> str:
    from defusedxml.ElementTree import fromstring

    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "word/document.xml" not in names and "_rels/.rels" not in names:
            raise JobDescriptionRefused(UNKNOWN)
        part = _main_part(fromstring(_part(archive, "_rels/.rels"), forbid_dtd=True)) if "_rels/.rels" in names else ""
        part = part if part in names else "word/document.xml"
        if part not in names or not part.startswith("word/"):
            raise JobDescriptionRefused(UNKNOWN)
        body = fromstring(_part(archive, part), forbid_dtd=True)
    return plain_text("".join(_pieces(body)))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        content = part.read(MAX_XML_BYTES + 1)
    if len(content) > MAX_XML_BYTES:
        raise JobDescriptionRefused(TOO_LARGE_INSIDE)
    return content


def _main_part(relations: Element) -> str:
    """Its name, which not every program writes as word/document.xml; "" where none is named."""
    for relation in relations:
        if relation.get("Type") in (_MAIN_PART, _STRICT_PART):
            return relation.get("Target", "").lstrip("/")
    return ""


def _pieces(body: Element) -> Iterator[str]:
    """In reading order. A stack instead of recursion: a document may nest as deep as it likes."""
    waiting = [body]
    while waiting:
        element = waiting.pop()
        match element.tag.removeprefix(_WORD):
            case "p":
                yield "\n- " if element.find(f"{_WORD}pPr/{_WORD}numPr") is not None else "\n"
            case "t":
                yield element.text or ""
            case "tab":
                yield "\t"
            case "br" | "cr":
                yield "\n"
        waiting += [child for child in reversed(element) if child.tag not in (_FALLBACK, f"{_WORD}pPr")]


def bound_this_process() -> None:
    """Memory, processor time and files, where the system can; time on the wall is bounded by whoever started it."""
    import os

    try:
        import resource
    except ImportError:  # Windows
        return
    os.nice(10)  # a call on this machine goes first
    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_FSIZE, 0)):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):  # macOS refuses some
            continue


def main() -> None:
    try:
        answer = {"text": text_of(sys.stdin.buffer.read(), *sys.argv[1:])}
    except JobDescriptionRefused as refused:
        answer = {"refused": refused.sentence}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    bound_this_process()
    main()
