"""The plan before the call: what will be asked and why."""

from __future__ import annotations

import streamlit as st

from pages.parts.plan import editing
from pages.parts.visit import Visit, plain
from pages.parts.words import minutes
from services.core.errors import PlanInvalid
from services.core.plan.plan import TALK_SECONDS, Plan, Question
from services.interviews.interviews import Interview


def draw(visit: Visit, interview: Interview) -> bool:
    """Draws the plan with its editing; True when the questions as they stand can be asked."""
    plan = interview.plan
    questions = visit.drafts.setdefault(interview.id, plan.questions)
    visit.seen.setdefault(interview.id, {}).update({question.id: question for question in questions})

    _heading(plan)
    st.header("The questions", anchor=False)
    _budget(questions)
    trouble = _trouble(plan, questions)
    if trouble:
        st.warning(trouble, icon=":material/edit_note:")
        editing.fit(visit, interview.id, questions)
    for number, question in enumerate(questions, start=1):
        _question(visit, interview.id, plan, questions, number, question)
    editing.add(visit, interview.id, plan, questions)
    editing.dropped(visit, interview.id, questions)
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
        if question.follow_ups:
            st.caption("Ema may follow up with: " + " ".join(f"“{plain(text)}”" for text in question.follow_ups))
        source, steps = st.columns([3, 2], vertical_alignment="center")
        source.markdown(_source(question))
        with steps.container(horizontal=True, horizontal_alignment="right", gap="small"):
            editing.edit(visit, interview_id, questions, question)
            editing.order(visit, interview_id, questions, number - 1)


def _source(question: Question) -> str:
    if not question.jd_phrase:
        return ":small[:gray[Added to this plan]]"
    return f":green-background[“{plain(question.jd_phrase)}”] :small[:gray[from the job description]]"
