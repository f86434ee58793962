"""A frozen report can be told from one that somebody changed, and the changed field is named."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from services.analyst.rules import OfflineAnalyst
from services.core.report.__main__ import main, verdict
from services.core.report.assembly import hear
from services.core.report.review import exported
from services.core.report.rubric import CompetencyRating, Evidence, Report, Statement
from services.core.talk.transcript import Conditions
from services.core.usage import Bill
from services.interviews.interviews import Interviews
from services.interviews.signing import FORGED, UNCHANGED, UNSIGNED, Signer
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import Databases
from tests.said import CONDITIONS, PLAN, STRONG, analyst, turns
from tests.stage import Stage, report

SIGNER = Signer("a secret of the server")
SEALED = SIGNER.sealed(report())
WRITTEN: dict[str, Any] = json.loads(exported(SEALED, ()))


def told(**changes: Any) -> str:
    return SIGNER.verdict(Report.model_validate({**SEALED.model_dump(mode="json"), **changes}))


def test_report_as_it_was_signed_is_unchanged() -> None:
    assert told() == UNCHANGED
    assert SIGNER.verdict(report()) == UNSIGNED


def test_key_is_the_same_for_the_same_secret() -> None:
    assert Signer("a").public_key == Signer("a").public_key != Signer("b").public_key


def test_other_server_is_named_by_its_key() -> None:
    assert Signer("b").verdict(SEALED) == (
        f"Unchanged since it was signed, by another server (key {SIGNER.public_key[:16]}…)."
    )


CHANGED = {
    "plan_hash": "f" * 64,
    "rubric_version": "2020-01",
    "transcript_sha256": "1" * 64,
    "made_by": "somebody",
    "generated_at": "2020-01-01T00:00:00+00:00",
    "summary": "Hire.",
    "next_steps": ["Rest."],
    "conditions": ["None."],
    "quotes_dropped": 3,
    "duration_s": 9,
    "strengths": [],
    "contract": {"model": "m", "prompt_version": "1", "runs": 3, "requests": 1},
}


@pytest.mark.parametrize("field", CHANGED)
def test_changed_field_is_named(field: str) -> None:
    assert told(**{field: CHANGED[field]}) == f"Changed since it was signed: {field.replace('_', ' ')}."


@pytest.mark.parametrize(
    ("listed", "kind", "field", "value"),
    [
        ("competencies", "competency", "score", 4),
        ("competencies", "competency", "confidence", "high"),
        ("competencies", "competency", "readings", [1, 4]),
        ("competencies", "competency", "evidence", []),
        ("coverage", "question", "words", 900),
    ],
)
def test_changed_item_is_named_with_its_place(listed: str, kind: str, field: str, value: Any) -> None:
    items = SEALED.model_dump(mode="json")[listed]
    items[0] |= {field: value} if value else {"score": None, "reason_not_assessed": "-", "evidence": []}

    assert f"{kind} 1: {field}" in told(**{listed: items})


@pytest.mark.parametrize("part", ["signature", "public_key", "digests"])
def test_changed_seal_is_told(part: str) -> None:
    seal = SEALED.model_dump(mode="json")["seal"]
    forged = {"signature": "00" * 64, "public_key": "zz", "digests": {}}[part]

    assert told(seal={**seal, part: forged}) == FORGED


def write(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (WRITTEN, UNCHANGED),
        ({**WRITTEN, "summary": "Hire."}, "Changed since it was signed: summary."),
        ({**WRITTEN, "verdict": "Hire."}, "look at: verdict."),
        ("no json", "cannot be read"),
        ([1], "cannot be read"),
    ],
)
def test_exported_file_is_verified(tmp_path: Path, content: Any, says: str) -> None:
    assert says in verdict(write(tmp_path / "report.json", content), SIGNER)


def test_command_says_so_and_fails_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COOKIE_SECRET", "a secret of the server")
    file = write(tmp_path / "report.json", WRITTEN)

    assert (main(["verify", str(file)]), capsys.readouterr().out.strip()) == (0, UNCHANGED)
    assert main(["verify", str(tmp_path / "nowhere.json")]) == 1


def full() -> dict[str, Any]:
    """A signed report in which no list is empty and every optional part is there."""
    said = {**STRONG, "q2": "I don't know that one, sorry. I never used it in any of the places where I have worked."}
    conditions = Conditions(asked_question_ids=CONDITIONS.asked_question_ids, drops=1, seconds_away=9)
    made = analyst().report(hear(PLAN, turns(said), conditions), 700, lambda _: None)
    by_rules = OfflineAnalyst().report(hear(PLAN, turns(said), conditions), 700, lambda _: None)
    first = made.competencies[0].model_copy(
        update={
            "readings": (2, 3, 3),
            "checklist": by_rules.competencies[0].checklist,
            "counter_evidence": by_rules.competencies[0].counter_evidence,
        }
    )
    gap = Statement(text="Data stores: is wrong.", evidence_ids=("e1",))
    more = {"competencies": (first, *made.competencies[1:]), "gaps": (gap,), "in_vain": Bill(model="m", requests=1)}
    return SIGNER.sealed(made.model_copy(update=more)).model_dump(mode="json")


FULL = full()
Place = tuple[str | int, ...]


def leaves(value: Any, path: Place = ()) -> list[Place]:
    """Paths to everything in a report that is neither a list nor a dictionary, or is an empty one."""
    if isinstance(value, dict) and value:
        return [leaf for key, part in value.items() if path or key != "seal" for leaf in leaves(part, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for at, part in enumerate(value) for leaf in leaves(part, (*path, at))]
    return [path]


def name(path: Place) -> str:
    return ".".join("*" if isinstance(key, int) else key for key in path)


FIELDS = {name(path): path for path in reversed(leaves(FULL))}
"""By name without places ("competencies.*.evidence.*.quote") the first of each."""


def altered(value: Any) -> Any:
    if isinstance(value, list):
        return [*value, "x"]
    if isinstance(value, dict):
        return {**value, "x": 1}
    if isinstance(value, bool) or value is None:
        return not value
    return value + 1 if isinstance(value, int) else f"{value}x"


def verdict_of(written: Any) -> str:
    """As `verify` tells it: what is no report any more is named by its place."""
    try:
        return SIGNER.verdict(Report.model_validate(written))
    except ValidationError as error:
        return " ".join(str(key) for key in error.errors()[0]["loc"]) or str(error.errors()[0]["msg"])


def test_every_field_of_a_report_is_among_those_altered() -> None:
    known = {*Report.model_fields} - {"seal"}

    assert known == {field.split(".")[0] for field in FIELDS}
    assert {*CompetencyRating.model_fields} == {field.split(".")[2] for field in FIELDS if field.startswith("compet")}
    assert {*Evidence.model_fields} == {
        field.split(".")[4] for field in FIELDS if field.startswith("competencies.*.evidence")
    }
    assert len(FIELDS) > 70


@pytest.mark.parametrize("field", FIELDS)
def test_any_altered_field_is_named_and_restored_is_valid(field: str) -> None:
    path = FIELDS[field]
    written = copy.deepcopy(FULL)
    place: Any = functools.reduce(lambda part, key: part[key], path[:-1], cast("Any", written))
    before, place[path[-1]] = place[path[-1]], altered(place[path[-1]])

    told = verdict_of(written).replace("_", " ")
    place[path[-1]] = before

    top, *rest = [key for key in path if isinstance(key, str)]
    item = {"competencies": "compet", "coverage": ("question", "coverage")}.get(top, top.replace("_", " "))
    assert any(word in told for word in ([item] if isinstance(item, str) else item))
    assert top not in ("competencies", "coverage") or rest[0].replace("_", " ") in told or "needs" in told
    assert verdict_of(written) == UNCHANGED


@pytest.mark.parametrize("listed", [key for key, value in FULL.items() if isinstance(value, list)])
@pytest.mark.parametrize("change", ["removed", "twice"])
def test_list_with_an_item_more_or_less_is_named(listed: str, change: str) -> None:
    written = copy.deepcopy(FULL)
    written[listed] = written[listed][1:] if change == "removed" else [written[listed][0], *written[listed]]

    told = verdict_of(written).replace("_", " ")

    assert {"competencies": "competency", "coverage": "question"}.get(listed, listed.replace("_", " ")) in told


def test_frozen_report_is_signed_where_there_is_a_secret(databases: Databases, clock: Clock) -> None:
    store = Store(databases.sqlite())
    stage = Stage(store, clock)
    secret = "a secret of the server"
    stage.interviews = Interviews(store, stage.settings, stage.analyst, clock.now, stage.transcripts, secret=secret)

    done = stage.interviews.analysis.analyze(stage.ended().id)
    kept = stage.get(done).report
    store.close()

    assert kept is not None
    assert kept == done.report == SEALED
