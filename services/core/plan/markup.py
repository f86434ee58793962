"""What a reader would see of a text with markup: HTML and Markdown become plain lines, `- ` marks a bullet."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

_TAG = re.compile(
    r"</?(?:html|head|body|div|p|br|ul|ol|li|h[1-6]|span|a|b|i|em|strong|table|tr|td|th|script|style|section|article"
    r"|header|footer|main|img|font|meta|link|iframe|svg|title)\b[^<>]{0,2000}>|<!doctype",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<(?:html|body|div|p|ul|ol|li|h[1-6]|table|section|article)\b", re.IGNORECASE)
_MARKDOWN_LINE = re.compile(r"(?m)^[ >]*(?:#{1,6} +\S|[-*+] +\S)")
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_STRAY = re.compile(r"<(?!/?[a-zA-Z][^<>]{0,2000}>)")
_SILENT_TAGS = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "title"})
_INLINE_TAGS = frozenset(
    {"a", "b", "i", "u", "em", "strong", "span", "font", "code", "small", "sub", "sup", "abbr", "mark"}
)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\((?:https?|mailto):[^()\s]{1,500}\)")
_EMPHASIS = re.compile(r"(?m)^[ >]*#{1,6} +|\*\*|__|`")
_ESCAPE = re.compile(r"\\{1,2}([\\`*_{}\[\]()<>#+.!&|~-])")
_ROW = re.compile(r"(?m)^\|(.*)\|[ ]*$")
_RULE = re.compile(r"(?m)^[ ]*(?:[-=_*|:][ ]*){3,}$")
_GLYPH = re.compile(r"(?m)^[ ]*(?:[*+](?= )|[•·●▪◦■►✓✔➜➢❖▶▸‣⁃∙○□◆➔➤✅☑👉🔹🔸\uf0b7\uf0a7]|[–—](?= ))[ ]*(?=\S)")
_UNUSUAL = re.compile(r"[^\x20-\x7e\n]")
_WRAPPED = re.compile(r"(?<=[^\n]{60})(?<![:;])\n(?=[a-zß-ÿ])")
"""A line break in the middle of a sentence, as in text wrapped for a terminal or an e-mail."""
_TORN = re.compile(r"(?<![\w-])([^\W\d_]{2,}(?:-[^\W\d_]+)*)-[ ]?\n[ ]*([^\W\d_a-zß-ÿ]?[a-zß-ÿ]{2,})")
_HALVES = (
    "all anti auto back big bring business build client closed co code container cost cross customer data "
    "design domain early end entry event ever fast feature fine first front full go hand hands hard high "
    "hot in industry infrastructure key large last lead left life line load long low machine man market "
    "mid mission mobile model multi never next non object off on one open out over peer post pre problem "
    "production quality re read real result right role safety scale second security self semi server "
    "service shared short single small so software state step sub super system task team test thread "
    "third time to top two type up use user value vendor web well wide world write "
)
_FIRST_HALVES = frozenset(_HALVES.split())
"""What stays hyphenated at a line's end ("real-\\ntime")."""


def plain_text(raw: str, silent: frozenset[str] = frozenset()) -> str:
    """What a reader would see of `raw`, whatever its length and meaning; in markup, nothing of elements in `silent`."""
    return collapse(_joined(_without_markdown(_visible(_text_of_html(raw, silent) if _TAG.search(raw) else raw))))


def collapse(text: str) -> str:
    """No blanks around lines, no two blank lines in a row, and sentences that were wrapped in one line again."""
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", _WRAPPED.sub(" ", text)).strip()


def _visible(text: str) -> str:
    """NFKC, so that letters dressed up as bold symbols read as letters; no control, format or private characters."""
    text = _GLYPH.sub("- ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00ad\n", "").replace("\t", " "))
    return _UNUSUAL.sub(_shown, unicodedata.normalize("NFKC", text))


def _shown(character: re.Match[str]) -> str:
    return "" if unicodedata.category(character[0]) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character[0]


def _without_markdown(text: str) -> str:
    text = _RULE.sub("", _EMPHASIS.sub("", _LINK.sub(r"\1", text)))
    text = _ROW.sub(lambda row: row[1].strip().replace("|", " · "), text)
    return _ESCAPE.sub(r"\1", text)


def _joined(text: str) -> str:
    """Words torn at a line's end in one piece again."""

    def whole(torn: re.Match[str]) -> str:
        first, second = torn[1], torn[2]
        keeps = "-" in first or first.casefold() in _FIRST_HALVES or second[0].isupper()
        return f"{first}-{second}" if keeps else first + second

    return _TORN.sub(whole, text)


class _Text(HTMLParser):
    """Collects what a reader would see. An unclosed script or style element swallows the rest, as in a browser."""

    def __init__(self, silent: frozenset[str], *, keep_lines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._silent_tags = _SILENT_TAGS | silent
        self._keep_lines = keep_lines
        self.pieces: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._silent_tags:
            self._silent.append(tag)
        elif tag not in _INLINE_TAGS:
            self.pieces.append("\n- " if tag == "li" else "\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._silent_tags:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        elif tag not in _INLINE_TAGS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # Where elements break lines, those of the source are blanks to a reader.
            self.pieces.append(data if self._keep_lines else re.sub(r"\s+", " ", data))


def _text_of_html(raw: str, silent: frozenset[str]) -> str:
    # One block element in a Markdown text does not make its lines those of a web page.
    keep_lines = not _BLOCK.search(raw) or sum(1 for _ in _MARKDOWN_LINE.finditer(raw)) >= 3
    parser = _Text(silent, keep_lines=keep_lines)
    # The parser looks ahead from every "<" that opens nothing: quadratic on hostile input (measured: 74 s for 100 kB).
    parser.feed(_STRAY.sub("&lt;", _DECLARATION.sub("", _without_comments(raw))))
    parser.close()
    return "".join(parser.pieces)


def _without_comments(raw: str) -> str:
    pieces, at = [], 0
    while (start := raw.find("<!--", at)) >= 0:
        pieces.append(raw[at:start])
        end = raw.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(raw)
    return "".join([*pieces, raw[at:]])
