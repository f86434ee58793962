"""The candidate's own words before the report is made from them: read, corrected, or marked as wrong."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.visit import Visit, attempt, guarded, plain, refusal, submit, widget_value
from pages.parts.words import minutes
from services.core.interview import Interview
from services.core.report.evidence import is_uncertain
from services.core.report.readback import MAX_CORRECTION, Readback
from services.core.talk.transcript import DisputedWords, Turn

_EDITING = "correct"


def draw(visit: Visit, interview: Interview, reading: Readback) -> None:
    st.title("Is this what you said?", anchor=False)
    st.markdown(
        "A recogniser wrote your answers down, and recognisers slip. Correct what is wrong, or only mark it: the "
        "report quotes your correction, and says that it is one. Grey words are those it was unsure of itself, or "
        "that a second recogniser heard otherwise. Nothing of this text is kept once the report is made."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="readback_actions"):
        _make_report(visit, interview, "make_report")
        _time_left(visit, interview)
    asked: str | None = ""
    for turn in reading.turns:
        if turn.question_id != asked:
            asked = turn.question_id
            st.subheader(_question(interview, asked), anchor=False)
        _turn(visit, interview, turn)
    if len(reading.turns) > 3:
        _make_report(visit, interview, "make_report_below")


def _make_report(visit: Visit, interview: Interview, key: str) -> None:
    def done() -> None:
        visit.confirming = ""
        attempt(visit, visit.interviews.reviews.finish_readback, visit.user_id, interview.id)

    st.button("Make my report", key=key, type="primary", icon=":material/description:", on_click=done)


@st.fragment(run_every=2.0)
@guarded()
def _time_left(visit: Visit, interview: Interview) -> None:
    """Also notices that the time is over, or that another tab has asked for the report."""
    reading = visit.interviews.reviews.find_readback(visit.user_id, interview.id)
    if reading is None:
        st.rerun()
    st.caption(f"No need to read it all. In {minutes(reading.seconds_left)} the report is made from what is here.")


def _question(interview: Interview, question_id: str | None) -> str:
    texts = {question.id: question.text for question in interview.plan.questions}
    return plain(texts.get(question_id or "", "Before and after the questions"))


def _turn(visit: Visit, interview: Interview, turn: Turn) -> None:
    editing = f"{_EDITING}:{interview.id}:{turn.id}"
    grey = is_uncertain(turn)
    with st.container(border=True, gap="small", key=f"said_{turn.id}"):
        marks = [
            minutes(turn.started_ms / 1000),
            "typed by you" if turn.typed else "",
            "the recogniser was unsure" if grey and not turn.doubted else "",
            "two recognisers differ" if turn.in_dispute else "",
            "confirmed by you" if turn.confirmed else "",
            "corrected by you" if turn.recognised is not None else "",
            "marked as wrong by you" if turn.doubted else "",
        ]
        st.caption(" · ".join(filter(None, marks)))
        if visit.confirming == editing:
            _correction(visit, interview, turn)
            return
        st.markdown(f":gray[{plain(turn.text)}]" if grey else _with_grey(turn))
        if turn.in_dispute:
            st.caption(f":material/hearing: {_asked_back(turn.in_dispute)}")
        if not turn.typed:
            _choices(visit, interview, turn, editing)


def _with_grey(turn: Turn) -> str:
    """The words, those in dispute in grey."""
    shown, at = [], 0
    for one in turn.in_dispute:
        shown += [_spaced(turn.text[at : one.start]), f":gray[{plain(turn.text[one.start : one.end])}]"]
        at = one.end
    return "".join((*shown, _spaced(turn.text[at:])))


def _spaced(text: str) -> str:
    """A piece between two others, with the spaces around it."""
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{before}{plain(text)}{after}" if text.strip() else before


def _asked_back(disputed: Sequence[DisputedWords]) -> str:
    heard = [f"“{plain(one.otherwise)}”" for one in disputed if one.otherwise]
    found = f"heard {', then '.join(heard)}" if heard else "did not hear the grey words"
    return f"A second recogniser {found}. What is grey is quoted once you say that it is right."


def _choices(visit: Visit, interview: Interview, turn: Turn, editing: str) -> None:
    def edit() -> None:
        visit.confirming = editing

    label = "It is right after all" if turn.doubted else "This is wrong"
    with st.container(horizontal=True, gap="small"):
        st.button("Correct", key=f"correct_{turn.id}", type="tertiary", icon=":material/edit:", on_click=edit)
        if turn.in_dispute:
            st.button(
                "This is right",
                key=f"confirm_{turn.id}",
                type="tertiary",
                icon=":material/check:",
                on_click=lambda: attempt(visit, visit.interviews.reviews.confirm, visit.user_id, interview.id, turn.id),
            )
        if turn.recognised is None:
            st.button(
                label,
                key=f"doubt_{turn.id}",
                type="tertiary",
                icon=":material/flag:",
                on_click=lambda: attempt(visit, _doubt, visit, interview, turn),
            )


def _doubt(visit: Visit, interview: Interview, turn: Turn) -> None:
    visit.interviews.reviews.doubt(visit.user_id, interview.id, turn.id, wrong=not turn.doubted)


def _correction(visit: Visit, interview: Interview, turn: Turn) -> None:
    def save() -> None:
        said = widget_value(f"correction_{turn.id}", "")
        if submit(visit, turn.id, visit.interviews.reviews.correct, visit.user_id, interview.id, turn.id, said):
            visit.confirming = ""

    def leave() -> None:
        visit.confirming = ""

    with st.form(f"correcting_{turn.id}", border=False):
        st.text_area(
            "What you said", turn.text, key=f"correction_{turn.id}", height="content", max_chars=MAX_CORRECTION
        )
        refusal(visit, turn.id, f"correction_{turn.id}")
        with st.container(horizontal=True):
            st.form_submit_button("Save", key="save_correction", type="primary", on_click=save)
            st.form_submit_button("Leave it", key="leave_correction", on_click=leave)
