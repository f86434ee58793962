"""The plan before the call: what will be asked and why."""

from __future__ import annotations

import streamlit as st

from pages.parts import invite
from pages.parts.plan import editing
from pages.parts.visit import Visit, plain
from pages.parts.words import minutes
from services.core.errors import PlanInvalid
from services.core.interview import Interview
from services.core.plan.plan import TALK_SECONDS, Plan, Question


def draw(visit: Visit, interview: Interview) -> bool:
    """Draws the plan with its editing; True when the questions as they stand can be asked."""
    plan = interview.plan
    if interview.payer_id is not None:
        _fixed(plan)
        return True
    questions = visit.drafts.setdefault(interview.id, plan.questions)
    visit.originals.setdefault(interview.id, {question.id: question for question in questions})
    visit.seen.setdefault(interview.id, {}).update({question.id: question for question in questions})

    _heading(plan)
    invite.draw(visit, interview)
    st.header("The questions", anchor=False)
    _budget(questions)
    trouble = _trouble(plan, questions)
    # Has its place also while it is empty: what is drawn below must not move in the tree, for a browser mounts what has
    # moved anew, and a press that began on the old button is no click.
    with st.container(key="trouble"):
        if trouble:
            st.warning(trouble, icon=":material/edit_note:")
            editing.fit(visit, interview.id, questions)
    with st.container(gap="xsmall", key="questions"):
        for number, question in enumerate(questions, start=1):
            _question(visit, interview.id, plan, questions, number, question)
    editing.add(visit, interview.id, plan, questions)
    editing.dropped(visit, interview.id, questions)
    return not trouble


def _fixed(plan: Plan) -> None:
    """For somebody who was invited: what it is about, and not what will be asked."""
    st.title(plain(plan.role_title), anchor=False)
    st.markdown(
        f"Ema asks {len(plan.questions)} questions, the same for everybody who is invited to this interview. "
        "They are about:"
    )
    with st.container(horizontal=True, gap="small"):
        for competency in plan.competencies:
            st.badge(plain(competency.name), color="green")


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
    """One row: place and time, words, and where they come from; the rest opens on demand."""
    competency = {c.id: c.name for c in plan.competencies}[question.competency_id]
    first_seen = visit.originals[interview_id].get(question.id, question)
    with st.container(border=True, gap="xxsmall", key=f"question_{question.id}"):
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
            st.caption(f"{number} · {minutes(question.seconds)}", width="content")
            st.subheader(plain(question.text), anchor=False, width="stretch")
            with st.popover("Details", icon=":material/edit:", type="tertiary"):
                editing.edit(visit, interview_id, questions, question)
                with st.container(horizontal=True, gap="small"):
                    editing.order(visit, interview_id, questions, number - 1)
        edited = " :orange-badge[Edited]" if question != first_seen else ""
        st.markdown(f":small[{plain(competency)} ·] {_source(question)}{edited}")


def _source(question: Question) -> str:
    if not question.jd_phrase:
        return ":small[:gray[Added to this plan]]"
    return f":green-background[“{plain(question.jd_phrase)}”] :small[:gray[from the job description]]"
