"""From a web page to the job posting on it: schema.org's JobPosting where the page carries one, else its main text."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from typing import Any

from services.core.plan.posting import MIN_CHARACTERS, plain_text

_EMBEDDED = re.compile(r"<script\b[^<>]{0,500}\bapplication/ld\+json\b[^<>]{0,500}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_MAIN = re.compile(r"<main\b", re.IGNORECASE)
_MAIN_END = re.compile(r"</main\b", re.IGNORECASE)
_AROUND = frozenset({"nav", "footer", "aside", "button", "select", "dialog"})
"""Elements beside the text of a page. Not `form`: some sites wrap whole pages in one."""
_SECTIONS = {
    "responsibilities": "Responsibilities",
    "qualifications": "Qualifications",
    "skills": "Skills",
    "experienceRequirements": "Experience",
    "educationRequirements": "Education",
}


def posting_on(page: str) -> str:
    """Plain text; "" when the page shows none without running its scripts."""
    for data in _embedded(page):
        if found := posting_in(data):
            return found
    main = plain_text(_main(page), _AROUND)
    return main if len(main) >= MIN_CHARACTERS else plain_text(page, _AROUND)


def posting_in(data: str) -> str:
    """Plain text of the first JobPosting in a JSON document, however deep; "" without one."""
    try:
        content = json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return ""
    return next((text for item in _objects(content) if (text := _posting(item))), "")


def _embedded(page: str) -> Iterator[str]:
    at = 0
    while start := _EMBEDDED.search(page, at):
        end = _SCRIPT_END.search(page, start.end())
        at = end.start() if end else len(page)
        yield page[start.end() : at]


def _main(page: str) -> str:
    start = _MAIN.search(page)
    if start is None:
        return page
    ends = [end.start() for end in _MAIN_END.finditer(page, start.end())]
    return page[start.start() : ends[-1] if ends else len(page)]


def _objects(content: Any) -> Iterator[dict[str, Any]]:
    waiting = deque([content])
    while waiting:
        item = waiting.popleft()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _posting(item: dict[str, Any]) -> str:
    kind = item.get("@type")
    description = _words(item.get("description"))
    if not description or "JobPosting" not in (kind if isinstance(kind, list) else [kind]):
        return ""
    head = [_words(item.get("title")), _words(item.get("hiringOrganization"))]
    parts = ["\n".join(filter(None, head)), description]
    for key, heading in _SECTIONS.items():
        words = _words(item.get(key))
        if words and words not in description:
            parts.append(f"{heading}:\n{words}")
    return "\n\n".join(filter(None, parts))


def _words(value: Any) -> str:
    """Of a text, a list of texts, or a thing with a name; markup is often escaped once more than JSON needs."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_words, value)))
    if isinstance(value, dict):
        return _words(value.get("name") or value.get("description"))
    return plain_text(unescape(value)) if isinstance(value, str) else ""
