"""From a web page to the job posting on it: schema.org's JobPosting where the page carries one, else its main text.

JSON-LD is read here, as trafilatura takes an article's data from it and no posting's. Imported for a web page alone:
trafilatura costs its process 0.4 s and 60 MB.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from typing import Any

from services.core.plan.markup import plain_text
from services.core.plan.posting import MIN_CHARACTERS

_EMBEDDED = re.compile(r"<script\b[^<>]{0,500}\bapplication/ld\+json\b[^<>]{0,500}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_MAIN = re.compile(r"<main\b", re.IGNORECASE)
_MAIN_END = re.compile(r"</main\b", re.IGNORECASE)
_AROUND = frozenset({"nav", "footer", "aside", "button", "select", "dialog"})
"""Elements beside the text of a page. Not `form`: some sites wrap whole pages in one."""
_PRUNED = [f"//{name}" for name in sorted(_AROUND)]
_TITLE = re.compile(r"<h1\b[^<>]{0,500}>(.{1,500}?)</h1", re.IGNORECASE | re.DOTALL)
MAX_TAGS = 20_000
"""Beyond this a page is read as it is: extraction takes seconds a megabyte."""
KEPT = 0.5
"""Share of a page's text below which its main text is not believed to be all of the posting."""
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
    everything = main if len(main) >= MIN_CHARACTERS else plain_text(page, _AROUND)
    return _without_clutter(page, everything) if len(everything) >= MIN_CHARACTERS else everything


def _without_clutter(page: str, everything: str) -> str:
    """From the posting's title or first words to its last: what stands before and behind, as cookie banners and other
    jobs do, would be taken for requirements. Between them nothing is left out, as a posting may have several parts."""
    import trafilatura

    if page.count("<") > MAX_TAGS:
        return everything
    found = trafilatura.extract(page, favor_recall=True, include_comments=False, prune_xpath=_PRUNED) or ""
    main = {_bare(line) for line in found.splitlines()} - {""}
    if title := _TITLE.search(page):
        main.add(_bare(plain_text(title[1])))
    lines = everything.splitlines()
    inside = [number for number, line in enumerate(lines) if _bare(line) in main]
    kept = "\n".join(lines[inside[0] : inside[-1] + 1]) if inside else ""
    return kept if len(kept) >= max(MIN_CHARACTERS, KEPT * len(everything)) else everything


def _bare(line: str) -> str:
    """Its letters and digits, to compare lines that two readers made."""
    return "".join(filter(str.isalnum, line)).casefold()


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
