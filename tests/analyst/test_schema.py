"""The schema of a pydantic type as every vendor takes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from services.analyst.schema import schema_of
from services.core.plan.drafting import PlanDraft


class Part(BaseModel):
    title: Annotated[str, Field(max_length=3)] = "x"


class Whole(BaseModel):
    parts: Annotated[list[Part], Field(min_length=1)]
    level: Annotated[int, Field(ge=1)] | None


def test_objects_are_strict_without_bounds() -> None:
    schema = schema_of(Whole)

    assert schema == {
        "$defs": {
            "Part": {
                "type": "object",
                "properties": {"title": {"type": "string"}},
                "required": ["title"],
                "additionalProperties": False,
            }
        },
        "type": "object",
        "properties": {
            "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
            "level": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["parts", "level"],
        "additionalProperties": False,
    }


def test_words_of_a_choice_are_kept() -> None:
    assert schema_of(PlanDraft)["$defs"]["Level"]["enum"] == ["mid", "senior", "staff"]
