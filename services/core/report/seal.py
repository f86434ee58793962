"""What a signature over a report covers, and which field differs from what was signed. Knows no keys."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from services.core.report.rubric import Report, Seal

_LISTED = ("competencies", "coverage")
"""Fields whose items are told apart, so that a change can be named."""


def digests(report: Report) -> dict[str, str]:
    """By path of a field ("summary", "competencies.0.score"); what stands at its default has none.

    So a report stays as it was signed when a later version of the rubric adds a field.
    """
    found: dict[str, str] = {}
    for name, value in report.model_dump(mode="json", exclude={"seal"}, exclude_defaults=True).items():
        parts = {name: value} if name not in _LISTED else _parts(name, value)
        found |= {path: hashlib.sha256(canonical(part)).hexdigest()[:32] for path, part in parts.items()}
    return found


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no blanks and no escapes, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signed_bytes(public_key: str, digests_by_path: dict[str, str]) -> bytes:
    return canonical({"public_key": public_key, "digests": digests_by_path})


def differing(report: Report, seal: Seal) -> tuple[str, ...]:
    """Fields that are not what was signed, for people: "summary", "competency 1: score"."""
    now = digests(report)
    paths = sorted(path for path in {*now, *seal.digests} if now.get(path) != seal.digests.get(path))
    return tuple(map(_told, paths))


def _parts(name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {f"{name}.{at}.{key}": value for at, item in enumerate(items) for key, value in item.items()}


def _told(path: str) -> str:
    name, _, rest = path.partition(".")
    if not rest:
        return name.replace("_", " ")
    at, _, field = rest.partition(".")
    kind = "competency" if name == "competencies" else "question"
    return f"{kind} {int(at) + 1}: {field.replace('_', ' ')}"
