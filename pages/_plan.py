"""The plan before the call: what will be asked and why, and how to change it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages._visit import Visit, attempt, plain, widget_value
from pages._words import minutes
from services.core.errors import PlanInvalid
from services.core.plan import QUESTION_COUNT, QUESTION_SECONDS, TALK_SECONDS, Plan, Question
from services.interviews import Interview


def draw(visit: Visit, interview: Interview) -> bool:
    """Draws the plan with its editing; True when the questions as they stand can be asked."""
    plan = interview.plan
    first = visit.first_plans.setdefault(interview.id, plan)
    questions = visit.drafts.setdefault(interview.id, plan.questions)

    _heading(plan)
    st.header("The questions", anchor=False)
    _budget(questions)
    trouble = _trouble(plan, questions)
    if trouble:
        st.warning(trouble, icon=":material/edit_note:")
    for number, question in enumerate(questions, start=1):
        _question(visit, interview.id, plan, questions, number, question)
    _dropped(visit, interview.id, first, questions)
    return not trouble


def _heading(plan: Plan) -> None:
    st.title(plain(plan.role_title), anchor=False)
    with st.container(horizontal=True, gap="small"):
        st.badge(f"{plan.level.value.capitalize()} level", color="green")
        st.badge(plan.domain.value.capitalize(), color="green")
        for skill in plan.skills[:6]:
            st.badge(plain(skill.name), color="gray")
    st.markdown(
        f"This is what Ema will ask, and the words of the job description behind each question. "
        f"Change what you like; the plan is fixed once the call begins. Plan made by: {plain(plan.made_by)}."
    )
    for notice in plan.notices:
        st.info(plain(notice), icon=":material/info:")


def _budget(questions: tuple[Question, ...]) -> None:
    total = sum(question.seconds for question in questions)
    st.progress(
        min(1.0, total / TALK_SECONDS),
        text=f"{len(questions)} questions · **{minutes(total)}** of the {minutes(TALK_SECONDS)} that fit into the call",
    )


def _trouble(plan: Plan, questions: tuple[Question, ...]) -> str:
    try:
        plan.revised(questions)
    except PlanInvalid as error:
        return error.sentence
    return ""


def _question(
    visit: Visit, interview_id: str, plan: Plan, questions: tuple[Question, ...], number: int, question: Question
) -> None:
    competency = {c.id: c.name for c in plan.competencies}[question.competency_id]
    with st.container(border=True, gap="small", key=f"question_{question.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(str(number), color="gray")
            st.badge(plain(competency), color="blue")
            st.space("stretch")
            st.caption(f":material/schedule: {minutes(question.seconds)}", width="content")
        st.subheader(plain(question.text), anchor=False)
        phrase, steps = st.columns([3, 2], vertical_alignment="center")
        phrase.markdown(f":green-background[“{plain(question.jd_phrase)}”] :small[:gray[from the job description]]")
        with steps.container(horizontal=True, horizontal_alignment="right", gap="small"):
            _edit(visit, interview_id, questions, question)
            place = number - 1
            up, down = _moved(questions, place, place - 1), _moved(questions, place, place + 1)
            rest = tuple(other for other in questions if other.id != question.id)
            _step("Up", ":material/arrow_upward:", f"up_{question.id}", visit, interview_id, up, off=place == 0)
            last = number == len(questions)
            _step("Down", ":material/arrow_downward:", f"down_{question.id}", visit, interview_id, down, off=last)
            _step("Drop", ":material/close:", f"drop_{question.id}", visit, interview_id, rest, off=not rest)


def _edit(visit: Visit, interview_id: str, questions: tuple[Question, ...], question: Question) -> None:
    text_key, seconds_key = f"text_{question.id}", f"seconds_{question.id}"

    def changed() -> None:
        edited = question.model_copy(
            update={
                "text": widget_value(text_key, question.text),
                "seconds": widget_value(seconds_key, question.seconds),
            }
        )
        _set(visit, interview_id, tuple(edited if other.id == question.id else other for other in questions))

    with st.popover("Edit", icon=":material/edit:", type="tertiary"):
        st.text_area("What Ema asks", question.text, key=text_key, height=130, max_chars=600, on_change=changed)
        low, high = QUESTION_SECONDS
        st.slider("Seconds for it", low, high, question.seconds, 15, key=seconds_key, on_change=changed)
        if question.follow_ups:
            st.caption("Ema may follow up with: " + " ".join(f"“{plain(text)}”" for text in question.follow_ups))


def _step(
    label: str, icon: str, key: str, visit: Visit, interview_id: str, questions: tuple[Question, ...], *, off: bool
) -> None:
    st.button(
        label, key=key, icon=icon, type="tertiary", disabled=off, on_click=_set, args=(visit, interview_id, questions)
    )


def _moved(questions: tuple[Question, ...], place: int, to: int) -> tuple[Question, ...]:
    order = list(questions)
    order.insert(max(0, to), order.pop(place))
    return tuple(order)


def _dropped(visit: Visit, interview_id: str, first: Plan, questions: tuple[Question, ...]) -> None:
    kept = {question.id for question in questions}
    gone = [question for question in first.questions if question.id not in kept]
    if not gone:
        return
    st.header("Dropped", anchor=False)
    for question in gone:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.caption(plain(question.text), width="stretch")
            full = len(questions) >= QUESTION_COUNT[1]
            _step("Restore", ":material/undo:", f"restore_{question.id}", visit, interview_id,
                  (*questions, question), off=full)  # fmt: skip


def _set(visit: Visit, interview_id: str, questions: tuple[Question, ...]) -> None:
    """Keeps the draft in the tab and, whenever it obeys the rules of plans, with the interview."""

    def keep() -> None:
        with suppress(PlanInvalid):  # the page draws the same sentence beside the draft and holds the call back
            visit.interviews.revise_plan(visit.user_id, interview_id, questions)

    visit.drafts[interview_id] = questions
    attempt(visit, keep)
