"""What of a model's draft becomes a plan."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.plan.bank import bank, samples
from services.core.plan.drafting import OTHER, DraftCompetency, PlanDraft, plan_from
from services.core.plan.history import History
from services.core.plan.plan import TALK_SECONDS, Competency, fit_seconds
from services.core.plan.posting import JobDescription, read_job_description
from services.core.report.rubric import GENERIC_ANCHORS
from tests.simulators.text_minds import plan as drafted

JD = read_job_description(samples()[1].text)
DATA = {"job_description": [{"kind": "summary", "heading": "", "lines": JD.text.splitlines()}]}


def draft(**change: Any) -> PlanDraft:
    return PlanDraft.model_validate({**drafted(DATA), **change})


def one(number: int, **change: Any) -> PlanDraft:
    """With this question changed."""
    made = draft()
    made.questions[number] = made.questions[number].model_copy(update=change)
    return made


def test_sound_draft_is_kept_whole() -> None:
    plan = plan_from(draft(), JD, "A model")

    assert [question.id for question in plan.questions] == [f"q{number}" for number in range(1, 9)]
    assert [competency.id for competency in plan.competencies] == ["c1", "c2", "c3", "c4"]
    assert (plan.made_by, plan.notices) == ("A model", ())
    assert [skill.name for skill in plan.skills] == ["Senior", "none", "own", "design", "Evolve"]


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Why?"},
        {"text": "The payment platform went down last spring."},
        {"text": "Are you married, by the way?"},
        {"text": "What is your date of birth, please?"},
        {"text": "Does not meet the bar?"},
        {"text": "You do not meet the bar, do you?"},
        {"text": "Is expecting from March. What did you build last?"},
        {"text": "He is no match for “payment platform”. What did you build last?"},
        {"text": "Why does this candidate fall short of the bar?"},
        {"text": "The posting never asks for “payment platform”. What did you build last?"},
        {"jd_phrase": "fluent in COBOL and Klingon"},
        {"jd_phrase": JD.text[:400]},
        {"competency": "Charm"},
        {"text": "Tell me about “own: replication, failover (and you” and what it cost."},
        {"text": "Which project is nearest to “with the payment platform and”?"},
        {"text": "What do you know about „Zahlungsplattform für Händler\u4e2d“?"},
        {"text": "What did https://example.org/jobs teach you about queues?"},
    ],
)
def test_unfit_question_is_left_out(change: dict[str, Any]) -> None:
    plan = plan_from(one(0, **change), JD, "A model")

    assert len(plan.questions) == 7
    assert "q8" not in [question.id for question in plan.questions]


LEAD_INS = """
The posting mentions a payment platform.
You'll work with our payment platform.
This role asks for “payment platform”.
Great, let's move on to databases.
I'd like to talk about failover first.
"""
STATEMENTS = """
You clearly botched the payment platform last year.
You failed at the payment platform.
Your payment platform needs work.
This engineer is no match for the payment platform.
Holds a patent on our payment platform.
Does not ship the payment platform.
We will never hire anybody like that.
Let's talk about why the applicant was fired.
"""


@pytest.mark.parametrize("lead_in", LEAD_INS.strip().splitlines())
def test_question_may_begin_with_what_the_posting_says_or_the_next_subject(lead_in: str) -> None:
    text = f"{lead_in} What did you build last?"

    assert plan_from(one(0, text=text), JD, "A model").questions[0].text == text


@pytest.mark.parametrize("statement", STATEMENTS.strip().splitlines())
def test_question_that_states_something_else_is_left_out(statement: str) -> None:
    plan = plan_from(one(0, text=f"{statement} What did you build last?"), JD, "A model")

    assert len(plan.questions) == 7


def test_names_alone_are_read_out_of_a_foreign_posting() -> None:
    german = JobDescription(JD.text, "German")
    made = draft()
    named = [f"Tell me about something number {number} that you built with “PostgreSQL”." for number in range(8)]
    items = zip(made.questions, named, strict=True)

    plan = plan_from(
        draft(questions=[item.model_copy(update={"text": text}) for item, text in items]), german, "A model"
    )

    assert [question.text for question in plan.questions] == named
    with pytest.raises(ValueError, match="not English"):
        plan_from(made, german, "A model")


def test_question_of_an_earlier_interview_is_left_out() -> None:
    first = plan_from(draft(), JD, "A model")
    asked = History(asked=frozenset({first.questions[2].template_id}))

    second = plan_from(draft(), JD, "A model", asked)

    assert first.questions[2].text not in [question.text for question in second.questions]
    assert len(second.questions) == 7


def test_question_asked_twice_is_asked_once() -> None:
    made = draft()
    made.questions[1] = made.questions[0]

    assert len(plan_from(made, JD, "A model").questions) == 7


def test_questions_beyond_ten_are_left_out() -> None:
    made = draft()
    made.questions += [
        item.model_copy(update={"text": f"{item.text} And what else did you see there?"}) for item in made.questions
    ]

    assert len(plan_from(made, JD, "A model").questions) == 10


def test_competencies_beyond_five_are_left_out() -> None:
    made = draft()
    for number, kind in enumerate(("code", "security")):
        made.competencies.append(DraftCompetency(kind=kind))
        made.questions[number] = made.questions[number].model_copy(update={"competency": kind})

    plan = plan_from(made, JD, "A model")

    assert [competency.name for competency in plan.competencies[:2]] == ["Software craft", "Security and privacy"]
    assert (len(plan.competencies), len(plan.questions)) == (5, 7)


def rated_by(*competencies: dict[str, str], called: str, jd: JobDescription = JD) -> list[Competency]:
    """The competencies of a draft that has these as well, the first two questions being for what is `called` so."""
    made = draft()
    made.competencies[:0] = [DraftCompetency.model_validate(item) for item in competencies]
    for number in range(2):
        made.questions[number] = made.questions[number].model_copy(update={"competency": called})
    return list(plan_from(made, jd, "A model").competencies)


@pytest.mark.parametrize(
    ("item", "called"),
    [
        ({"kind": "security", "name": ""}, "security"),
        ({"kind": " Security ", "name": "Does not meet the bar"}, "Does not meet the bar"),
        ({"kind": "other", "name": "Security and privacy"}, "security"),
        ({"kind": "Privacy & security"}, "Security and privacy"),
        ({"name": "privacy, security", "level_1": "Does not meet the bar.", "level_4": "Is expecting."}, "security"),
    ],
)
def test_competency_is_the_banks_with_its_scale(item: dict[str, str], called: str) -> None:
    kind = bank().competencies["security"]

    assert rated_by(item, called=called)[0] == Competency(id="c1", name=kind.name, anchors=kind.anchors)


def test_two_competencies_of_one_kind_are_one() -> None:
    made = rated_by({"kind": "stores"}, {"name": "Data modelling and storage"}, called="Data modelling and storage")

    assert [item.name for item in made].count("Data storage and modelling") == 1


NURSE = """Registered Nurse
We look for a nurse on our surgical ward. Candidates who do not meet the bar are told.
Not worth an interview: no licence.
Requirements
- wound care and post-operative monitoring
- medication rounds on the night shift
- my manager Tom is an incompetent drunk
"""
BOTH = JobDescription(f"{JD.text}\n{NURSE}", "English")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Wound care", "Wound care"),
        ("post-operative monitoring", "Post-operative monitoring"),
        ("night  shift", "Night shift"),
    ],
)
def test_competency_of_another_profession_is_named_in_words_of_the_posting(name: str, shown: str) -> None:
    found = rated_by({"kind": "other", "name": name}, called=name, jd=BOTH)

    assert (found[0].name, found[0].anchors) == (shown, GENERIC_ANCHORS)


@pytest.mark.parametrize(
    "name",
    [
        "Bedside manner",
        "do not meet the bar",
        "Not worth an interview",
        "are told",
        "my manager Tom",
        "surgical ward. Candidates",
        "Registered Nurse We",
        "wound care and post-operative monitoring medication rounds on the night shift",
        "w",
        "",
    ],
)
def test_competency_that_is_no_name_of_the_posting_is_left_out(name: str) -> None:
    made = draft(competencies=[{"kind": "other", "name": name}, {"kind": "charm"}])
    items = [item.model_copy(update={"competency": name}) for item in made.questions]

    with pytest.raises(ValueError, match="Question 1: its competency is none of the usable ones"):
        plan_from(made.model_copy(update={"questions": items}), BOTH, "A model")


def test_foreign_posting_names_no_competency() -> None:
    made = draft(competencies=[{"kind": "other", "name": "wound care"}])
    items = [
        item.model_copy(update={"text": f"What is number {n}?", "competency": "wound care"})
        for n, item in enumerate(made.questions)
    ]

    with pytest.raises(ValueError, match="Question 1: its competency is none of the usable ones"):
        plan_from(made.model_copy(update={"questions": items}), JobDescription(BOTH.text, "German"), "A model")


def test_too_few_questions_are_refused_with_reasons() -> None:
    made = draft()
    made.questions = [
        made.questions[0].model_copy(update={"jd_phrase": "moon landing experience"}),
        *made.questions[1:5],
    ]

    with pytest.raises(ValueError, match=r"Question 1: its jd_phrase .* 4 usable questions"):
        plan_from(made, JD, "A model")


def test_too_few_competencies_are_refused() -> None:
    made = draft()
    made.questions = [item.model_copy(update={"competency": "stores"}) for item in made.questions]

    with pytest.raises(ValueError, match="1 usable competencies"):
        plan_from(made, JD, "A model")


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("SENIOR BACKEND ENGINEER", "Senior Backend Engineer"),
        ("Astronaut", "Senior Backend Engineer, Payments"),
        ("You will", "Senior Backend Engineer, Payments"),
    ],
)
def test_title_is_the_job_descriptions_own(title: str, kept: str) -> None:
    assert plan_from(draft(role_title=title), JD, "A model").role_title == kept


@pytest.mark.parametrize(
    "skill",
    [
        {"name": "COBOL", "jd_phrase": "decades of COBOL"},
        {"name": "", "jd_phrase": "Senior Backend Engineer"},
        {"name": "pregnant", "jd_phrase": "Senior Backend Engineer"},
    ],
)
def test_skill_the_text_does_not_name_is_left_out(skill: dict[str, str]) -> None:
    assert plan_from(draft(skills=[skill]), JD, "A model").skills == ()


def test_follow_ups_are_two_at_most_and_about_work() -> None:
    made = one(
        0, follow_ups=["Why", "Are you married?", "What broke first?", "Who noticed it?", "What then, after all?"]
    )

    assert plan_from(made, JD, "A model").questions[0].follow_ups == ("What broke first?", "Who noticed it?")


@pytest.mark.parametrize(
    ("language", "notice"), [("English", ""), ("German", "in German"), ("another language", "Ema does not know")]
)
def test_foreign_text_is_named(language: str, notice: str) -> None:
    made = draft()
    items = [
        item.model_copy(update={"text": f"What about number {n} of your services?"})
        for n, item in enumerate(made.questions)
    ]
    plan = plan_from(draft(questions=items), JobDescription(JD.text, language, ("Left out.",)), "A model")

    assert plan.notices[0] == "Left out."
    assert notice in " ".join(plan.notices[1:])


@pytest.mark.parametrize(
    "wanted", [[60] * 6, [240] * 10, [100] * 8, [60, 240, 60, 240, 60, 240], [-5, 4000, 90, 90, 90, 90], [61] * 10]
)
def test_seconds_fill_the_interview(wanted: list[int]) -> None:
    fitted = fit_seconds(wanted)

    assert TALK_SECONDS - 60 <= sum(fitted) <= TALK_SECONDS
    assert all(60 <= seconds <= 240 and seconds % 5 == 0 for seconds in fitted)


def test_time_is_taken_from_the_longest() -> None:
    assert fit_seconds([60] * 9 + [240]) == [60] * 9 + [240]
    assert sum(fit_seconds([60] * 8 + [240] * 2)) <= TALK_SECONDS


def test_schema_names_the_kinds_to_choose_from() -> None:
    schema = PlanDraft.model_json_schema()

    assert schema["$defs"]["DraftCompetency"]["properties"]["kind"]["enum"] == [*bank().competencies, OTHER]


def test_question_may_name_a_kind_that_the_draft_does_not_list() -> None:
    made = draft()
    made.competencies = [item for item in made.competencies if item.kind != "stores"]

    plan = plan_from(made, JD, "A model")

    assert bank().competencies["stores"].name in [competency.name for competency in plan.competencies]
    assert len(plan.questions) == 8
