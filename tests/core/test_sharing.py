"""What a link shows: copied field by field, and nothing of what was not shared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.core.errors import LinkRefused
from services.core.interview import Interview, Status
from services.core.plan.plan import Pace
from services.core.report.review import Dispute, dispute, override
from services.core.report.rubric import Contract, Report
from services.core.sharing import SharedForm, ShareLink, cleaned_label, expiry, shared
from services.core.usage import Bill
from tests.stage import JOB, PLAN, report

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
BILLED = report().model_copy(
    update={
        "contract": Contract(
            model="m", requests=9, tokens={"input_tokens": 77123}, cost_usd="0.7", prompt_version="1", runs=3
        )
    }
)
REVIEWS = (
    override(report(), "c1", 4, "Measured.", by="user-9", at=AT),
    dispute(report(), "e1", "I said replica.", by="user-9", at=AT),
)


def interview(**changes: Any) -> Interview:
    facts: dict[str, Any] = {
        "id": "interview-1",
        "user_id": "user-9",
        "status": Status.COMPLETE,
        "provider": "openai",
        "provider_conversations": (("openai", "conversation-7"),),
        "pace": Pace.NORMAL,
        "job_description": JOB,
        "plan": PLAN.model_copy(update={"bill": Bill(model="m", requests=1, tokens={}), "notices": ("A notice.",)}),
        "plan_hash": PLAN.plan_hash,
        "report": BILLED,
        "reviews": REVIEWS,
        "label": "Ana M.",
        "share_consent_at": AT,
        "consent_at": AT,
        "created_at": AT,
        "updated_at": AT,
        "started_at": AT,
    }
    return Interview.model_validate(facts | changes)


PRIVATE = (
    "interview-1",
    "user-9",
    "conversation-7",
    JOB,
    "PostgreSQL in production",
    '"PostgreSQL"',
    "77123",
    "Ana M.",
)


@pytest.mark.parametrize("form", SharedForm)
@pytest.mark.parametrize("words", PRIVATE)
def test_nothing_private_is_in_what_is_shared(form: SharedForm, words: str) -> None:
    assert words in interview().model_dump_json()
    assert words not in shared(interview(), form, shows_label=False).model_dump_json()


def test_the_name_is_shown_only_when_shared() -> None:
    assert shared(interview(), SharedForm.LETTER, shows_label=True).label == "Ana M."
    assert shared(interview(), SharedForm.LETTER, shows_label=False).label == ""


def test_a_letter_carries_no_level() -> None:
    read = shared(interview(), SharedForm.LETTER, shows_label=True, verdict="Unchanged.")

    assert [rating.score for rating in read.report.competencies] == [None]
    assert (read.report.contract, read.report.summary, read.report.strengths, read.verdict) == (None, "", (), "")
    assert [type(item) for item in read.reviews] == [Dispute]


def test_a_scorecard_keeps_levels_and_reviews() -> None:
    read = shared(interview(), SharedForm.SCORECARD, shows_label=True, verdict="Unchanged.")

    assert [rating.score for rating in read.report.competencies] == [3]
    assert (len(read.reviews), read.verdict) == (2, "Unchanged.")
    assert read.report.contract is not None


@pytest.mark.parametrize("missing", [{"report": None}, {"share_consent_at": None}])
def test_nothing_is_shared_without_report_or_consent(missing: dict[str, Any]) -> None:
    with pytest.raises(LinkRefused):
        shared(interview(**missing), SharedForm.SCORECARD, shows_label=True)


def test_every_field_of_a_report_was_thought_of() -> None:
    """A field added to reports is shared only once somebody decided so."""
    blanked = {"seal", "in_vain"}
    in_scorecards = {name for name in Report.model_fields if name not in blanked}

    assert in_scorecards == {
        "schema_version", "rubric_version", "plan_hash", "transcript_sha256", "made_by", "generated_at", "summary",
        "competencies", "coverage", "strengths", "gaps", "next_steps", "conditions", "quotes_dropped",
        "quotes_left_out", "timeline", "duration_s", "candidate_talk_s", "decision_support", "contract",
    }  # fmt: skip


LINK = ShareLink(id="l1", form=SharedForm.LETTER, shows_label=False, created_at=AT, expires_at=AT + timedelta(days=14))


@pytest.mark.parametrize(
    ("after", "revoked_at", "refusal"),
    [
        (timedelta(), None, ""),
        (timedelta(days=14) - timedelta(seconds=1), None, ""),
        (timedelta(days=14), None, "expired"),
        (timedelta(days=1), AT, "taken back"),
        (timedelta(days=20), AT, "taken back"),
    ],
)
def test_a_link_works_until_it_expires_or_is_taken_back(
    after: timedelta, revoked_at: datetime | None, refusal: str
) -> None:
    link = LINK.model_copy(update={"revoked_at": revoked_at})

    said = ""
    try:
        link.require_working(AT + after)
    except LinkRefused as error:
        said = error.sentence

    assert refusal in said
    assert bool(said) is not link.works(AT + after)


def test_a_link_lives_as_long_as_was_chosen() -> None:
    assert expiry(7, AT) == AT + timedelta(days=7)
    with pytest.raises(LinkRefused):
        expiry(4000, AT)


@pytest.mark.parametrize(
    ("typed", "kept"), [("  Ana \n M. ", "Ana M."), ("\0", ""), ("\ud800x", "x"), ("a" * 200, "a" * 80)]
)
def test_a_label_is_one_line_that_can_be_kept(typed: str, kept: str) -> None:
    assert cleaned_label(typed) == kept
