"""Changing the questions of a plan: words, follow-ups and time of each, its place, and questions of one's own."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages.parts.visit import Visit, anew, attempt, plain, refusal, submit, widget_value
from pages.parts.words import minutes
from services.core.errors import PlanInvalid
from services.core.plan.plan import (
    FOLLOW_UP_CHARACTERS,
    MAX_FOLLOW_UPS,
    QUESTION_CHARACTERS,
    QUESTION_COUNT,
    QUESTION_SECONDS,
    TALK_SECONDS,
    Plan,
    Question,
    added_question,
    fit_seconds,
)
from services.core.plan.problems import problem_question, problems_for

Questions = tuple[Question, ...]
STEP_S = 5
ADDED_S = 90


def edit(visit: Visit, interview_id: str, questions: Questions, question: Question) -> None:
    """The words of one question, its follow-ups and its time; draw it in a popover. Each change is kept at once."""
    follow_ups = (*question.follow_ups, "", "")[:MAX_FOLLOW_UPS]
    keys = [f"follow_up_{question.id}_{number}" for number in range(1, MAX_FOLLOW_UPS + 1)]
    # A popover is drawn when it is opened, with a widget's default or what was last entered there: never with a value
    # that code gave it in an earlier run. What code changed therefore needs a widget of another name.
    text_key, seconds_key = f"text_{question.id}", f"seconds_{question.id}" + f"_{visit.fits}" * bool(visit.fits)

    def changed() -> None:
        probes = (_line(widget_value(key, shown)) for key, shown in zip(keys, follow_ups, strict=True))
        edited = question.model_copy(
            update={
                "text": _line(widget_value(text_key, question.text)),
                "follow_ups": tuple(filter(None, probes)),
                "seconds": widget_value(seconds_key, question.seconds),
            }
        )
        keep(visit, interview_id, tuple(edited if other.id == question.id else other for other in questions))

    most = QUESTION_CHARACTERS[1]
    st.text_area("What Ema asks", question.text, key=text_key, height=130, max_chars=most, on_change=changed)
    most = FOLLOW_UP_CHARACTERS[1]
    for number, (key, shown) in enumerate(zip(keys, follow_ups, strict=True), start=1):
        label = f"Follow-up {number}, if the answer leaves it open"
        st.text_input(label, shown, key=key, max_chars=most, on_change=changed, placeholder="None")
    low, high = QUESTION_SECONDS
    st.slider("Seconds for this question", low, high, question.seconds, STEP_S, key=seconds_key, on_change=changed)


def order(visit: Visit, interview_id: str, questions: Questions, place: int) -> None:
    """Buttons that move or drop the question at this place."""
    question = questions[place]
    up, down = _moved(questions, place, place - 1), _moved(questions, place, place + 1)
    rest = tuple(other for other in questions if other.id != question.id)
    step("Move up", ":material/arrow_upward:", f"up_{question.id}", visit, interview_id, up, off=place == 0)
    last = place == len(questions) - 1
    step("Move down", ":material/arrow_downward:", f"down_{question.id}", visit, interview_id, down, off=last)
    step("Drop", ":material/close:", f"drop_{question.id}", visit, interview_id, rest, off=not rest)


def step(
    label: str, icon: str, key: str, visit: Visit, interview_id: str, questions: Questions, *, off: bool = False
) -> None:
    st.button(
        label, key=key, icon=icon, type="tertiary", disabled=off, on_click=keep, args=(visit, interview_id, questions)
    )


def fit(visit: Visit, interview_id: str, questions: Questions) -> None:
    """Offered when the questions together take longer than the call."""
    if sum(question.seconds for question in questions) <= TALK_SECONDS:
        return

    def fitted() -> None:
        seconds = fit_seconds([question.seconds for question in questions])
        shorter = (q.model_copy(update={"seconds": s}) for q, s in zip(questions, seconds, strict=True))
        visit.fits += 1
        keep(visit, interview_id, tuple(shorter))

    label = f"Shorten all to fit {minutes(TALK_SECONDS)}"
    st.button(label, key="fit", icon=":material/compress:", type="tertiary", on_click=fitted)


def add(visit: Visit, interview_id: str, plan: Plan, questions: Questions) -> None:
    """Further questions, each for one of the plan's competencies: the visitor's own, and problems to solve aloud."""
    with st.container(horizontal=True, gap="small"):
        _add_own(visit, interview_id, plan, questions)
        _add_problem(visit, interview_id, plan, questions)


def _add_own(visit: Visit, interview_id: str, plan: Plan, questions: Questions) -> None:
    names = {competency.id: competency.name for competency in plan.competencies}

    def added() -> None:
        text, competency_id = widget_value(text_key, ""), widget_value("add_competency")
        question = added_question(plan, text, competency_id, ADDED_S, visit.seen[interview_id])
        keep(visit, interview_id, (*questions, question))

    def add_it() -> None:
        submit(visit, "add", added)

    text_key = anew(visit, "add", "add_text")
    with st.popover("Add a question of your own", icon=":material/add:", disabled=len(questions) >= QUESTION_COUNT[1]):
        st.text_area("What Ema asks", key=text_key, height=110, max_chars=QUESTION_CHARACTERS[1])
        st.selectbox("What its answer shows", list(names), format_func=lambda key: names[key], key="add_competency")
        refusal(visit, "add", text_key)
        st.button("Add it", key="add_question", type="primary", on_click=add_it)


def _add_problem(visit: Visit, interview_id: str, plan: Plan, questions: Questions) -> None:
    names = {competency.id: competency.name for competency in plan.competencies}
    asked = {question.text for question in questions}
    offered = {problem.key: problem for problem in problems_for(plan) if problem.text not in asked}

    def added() -> None:
        key, competency_id = widget_value("problem"), widget_value("problem_competency")
        question = problem_question(plan, key, competency_id, visit.seen[interview_id])
        keep(visit, interview_id, (*questions, question))

    def told(key: str) -> str:
        return f"{offered[key].title} · {offered[key].level.value}"

    full = len(questions) >= QUESTION_COUNT[1] or not offered
    with st.popover("Add a problem", icon=":material/extension:", disabled=full):
        key = st.selectbox("A problem to think through aloud", list(offered), format_func=told, key="problem")
        if key in offered:
            st.markdown(plain(offered[key].text))
        st.selectbox("What its answer shows", list(names), format_func=names.__getitem__, key="problem_competency")
        st.button("Add it", key="add_problem", type="primary", on_click=attempt, args=(visit, added))
        st.caption("It becomes a question of this plan: everybody who is asked by this plan gets this very one.")


def dropped(visit: Visit, interview_id: str, questions: Questions) -> None:
    """What this tab has seen and the plan no longer has, as it was when it was dropped."""
    kept = {question.id for question in questions}
    gone = [question for question in visit.seen[interview_id].values() if question.id not in kept]
    if not gone:
        return
    st.header("Dropped", anchor=False)
    full = len(questions) >= QUESTION_COUNT[1]
    for question in gone:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.caption(plain(question.text), width="stretch")
            restored = (*questions, question)
            step("Restore", ":material/undo:", f"restore_{question.id}", visit, interview_id, restored, off=full)


def keep(visit: Visit, interview_id: str, questions: Questions) -> None:
    """Keeps the draft in the tab and, whenever it obeys the rules of plans, with the interview."""

    def revise() -> None:
        with suppress(PlanInvalid):  # the page draws the same sentence beside the draft and holds the call back
            visit.interviews.preparation.revise_plan(visit.user_id, interview_id, questions)

    visit.drafts[interview_id] = questions
    attempt(visit, revise)


def _moved(questions: Questions, place: int, to: int) -> Questions:
    changed = list(questions)
    changed.insert(max(0, to), changed.pop(place))
    return tuple(changed)


def _line(text: str) -> str:
    return " ".join(text.split())
