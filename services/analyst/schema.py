"""A pydantic type as the JSON Schema that every vendor's structured output takes.

All properties are required and no other is allowed (OpenAI's strict mode). Bounds are left out: vendors disagree on
which of them they accept (xAI: no lengths; read 2026-11-21), and they are checked here when the answer comes.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_LEFT_OUT = frozenset(
    {"title", "default", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern", "format"}
)


def schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = _plain(shape.model_json_schema())
    return schema


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in _LEFT_OUT}
    # Names of properties and definitions may be those of keywords ("title"): they are kept whatever they are.
    for group in ("properties", "$defs"):
        if group in node:
            plain[group] = {name: _plain(value) for name, value in node[group].items()}
    if "properties" in plain:
        plain |= {"required": list(plain["properties"]), "additionalProperties": False}
    return plain
