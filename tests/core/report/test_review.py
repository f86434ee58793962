"""What people may add to a report, and that the report itself never changes by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from services.core.errors import NoteRefused
from services.core.report.review import (
    MAX_NOTE,
    MAX_REVIEWS,
    Dispute,
    Override,
    added,
    disputable,
    dispute,
    disputes_of,
    exported,
    latest_override,
    override,
    reviewer_name,
    standing_overrides,
)
from tests.stage import report

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
REPORT = report()


def overridden(level: int | None = 4, reason: str = "The index was measured.", competency: str = "c1") -> Override:
    return override(REPORT, competency, level, reason, by="u1", at=AT)


def disputed(item: str = "e1", note: str = "I meant the read replica.") -> Dispute:
    return dispute(REPORT, item, note, by="u1", at=AT)


def test_override_remembers_the_level_of_the_report() -> None:
    assert (overridden().from_level, overridden().to_level) == (3, 4)


def test_level_can_be_taken_away() -> None:
    assert overridden(None).to_level is None


@pytest.mark.parametrize(("level", "competency"), [(0, "c1"), (5, "c1"), (2, "c9")])
def test_unknown_level_or_competency_is_refused(level: int, competency: str) -> None:
    with pytest.raises(NoteRefused, match="no such"):
        overridden(level, competency=competency)


@pytest.mark.parametrize("text", ["", " \n\0", "x" * (MAX_NOTE + 1), "\ud83d"])
def test_empty_or_endless_words_are_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        overridden(reason=text)
    with pytest.raises(NoteRefused):
        disputed(note=text)


def test_quotes_and_competencies_can_be_disputed() -> None:
    assert list(disputable(REPORT)) == ["c1", "e1"]
    assert disputed("c1").item_id == "c1"
    with pytest.raises(NoteRefused, match="no such item"):
        disputed("e9")


def test_latest_override_counts() -> None:
    reviews = (overridden(2), disputed(), overridden(4))

    assert latest_override(reviews, "c1") == overridden(4)
    assert latest_override(reviews, "c2") is None


def test_disputes_gather_under_their_competency() -> None:
    reviews = (disputed("c1"), overridden(), disputed("e1"), Dispute(item_id="e7", note="Other.", by="u1", at=AT))

    assert disputes_of(reviews, REPORT.competencies[0]) == [disputed("c1"), disputed("e1")]


def test_one_report_takes_so_many_notes() -> None:
    assert added((), disputed()) == (disputed(),)
    with pytest.raises(NoteRefused, match="no more"):
        added((disputed(),) * MAX_REVIEWS, disputed())


def test_export_holds_both_levels() -> None:
    written = json.loads(exported(REPORT, (overridden(), disputed())))

    assert written["competencies"][0]["score"] == 3
    assert [item["to_level"] for item in written["review"]["overrides"]] == [4]
    assert [item["note"] for item in written["review"]["disputes"]] == ["I meant the read replica."]
    assert {name: written[name] for name in REPORT.model_dump(mode="json")} == REPORT.model_dump(mode="json")


def test_each_reviewers_last_level_stands() -> None:
    written = [
        override(REPORT, "c1", level, "Because.", by="link:1", at=AT, name=name)
        for level, name in ((4, "Bo"), (2, "Cy"), (3, "Bo"))
    ]

    standing = standing_overrides((*written, dispute(REPORT, "c1", "No.", by="u", at=AT)), "c1")

    assert [(item.name, item.to_level) for item in standing] == [("Cy", 2), ("Bo", 3)]


@pytest.mark.parametrize(("typed", "name"), [(" Bo \n B. ", "Bo B."), ("B\0o", "Bo"), ("x" * 80, "x" * 80)])
def test_a_reviewer_has_a_name(typed: str, name: str) -> None:
    assert reviewer_name(typed) == name


@pytest.mark.parametrize("typed", ["", " \0", "x" * 81])
def test_a_reviewer_without_a_name_is_refused(typed: str) -> None:
    with pytest.raises(NoteRefused):
        reviewer_name(typed)
