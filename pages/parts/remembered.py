"""What is remembered of a signed-in visitor and what it changes: asked for, told line by line, and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from pages.parts.visit import Visit, attempt, plain, widget_value
from pages.parts.words import date
from services.core.plan.bank import bank
from services.core.plan.memory import Memory, history_of

_ASKED = "Remember my interviews, so that the next one asks something new"
_WHAT = (
    "Kept: which questions you were asked, the level of each competency, and the date; never a word of yours. It "
    "shapes the next plan and is no part of any rating. Switching it off forgets everything."
)


def draw(visit: Visit) -> None:
    """On the start page: the consent, and what the next plan makes of it. Nothing for a guest."""
    if visit.visitor.kind == "guest":
        return
    agreed = consent(visit)
    known = visit.interviews.memories.list(visit.user_id) if agreed else []
    lines = _lines(known)
    if not lines:
        return
    with st.container(border=True, gap="xsmall", key="remembered"):
        st.markdown("**Because you chose to be remembered**")
        for key, sentence, used in lines:
            _line(visit, key, sentence, used)


def consent(visit: Visit) -> bool:
    """The switch; True where it is on."""
    agreed = visit.interviews.memories.agreed(visit.user_id)
    st.toggle(_ASKED, value=agreed, key="remember", help=_WHAT, on_change=_changed, args=(visit,))
    return agreed


def everything(visit: Visit) -> None:
    """On the account page: all of it, by interview."""
    st.header("What is remembered", anchor=False)
    agreed = consent(visit)
    st.caption(_WHAT)
    if not agreed:
        return
    known = visit.interviews.memories.list(visit.user_id)
    if not known:
        st.markdown("Nothing yet: it begins with the next interview that you prepare and finish.")
        return
    roles = {one.id: one.plan.role_title for one in visit.interviews.list(visit.user_id)}
    for interview_id in dict.fromkeys(memory.interview_id for memory in known):
        of_it = [memory for memory in known if memory.interview_id == interview_id]
        asked = sum(memory.kind == "question" for memory in of_it)
        levels = [f"{_name(memory.subject)} {memory.number}" for memory in of_it if memory.kind == "topic"]
        told = "; ".join([_questions(asked), *(["levels: " + ", ".join(levels)] if levels else [])])
        when = date(of_it[0].created_at)
        _line(visit, interview_id, f"**{plain(roles.get(interview_id, ''))}**, {when}: {plain(told)}", of_it)
    forget_all = visit.interviews.memories.forget
    st.button("Forget everything", key="forget_all", on_click=attempt, args=(visit, forget_all, visit.user_id))


def _lines(known: Sequence[Memory]) -> list[tuple[str, str, list[Memory]]]:
    """What the next plan is told: a key, a sentence, and the memories behind it."""
    lines = []
    asked = [memory for memory in known if memory.kind == "question"]
    if asked:
        count = len({memory.subject for memory in asked})
        sentence = f"You were asked {_questions(count)} {_on(asked)}, so today others come first."
        lines.append(("questions", sentence, asked))
    for key in sorted(history_of(known).raised):
        solid = [memory for memory in known if memory.subject == key and memory.counts]
        sentence = f"{plain(_name(key))}: you reached level 3 or 4 {_on(solid)}, so today it starts one level higher."
        lines.append((key, sentence, solid))
    return lines


def _line(visit: Visit, key: str, sentence: str, behind: Iterable[Memory]) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(sentence, width="stretch")
        ids = [memory.id for memory in behind]
        st.button(
            "Forget",
            key=f"forget_{key}",
            type="tertiary",
            icon=":material/delete:",
            on_click=attempt,
            args=(visit, visit.interviews.memories.forget, visit.user_id, ids),
        )


def _changed(visit: Visit) -> None:
    memories = visit.interviews.memories
    attempt(visit, memories.agree if widget_value("remember") else memories.withdraw, visit.user_id)


def _name(key: str) -> str:
    kind = bank().competencies.get(key)
    return kind.name if kind else key


def _questions(count: int) -> str:
    return f"{count} question{'s' if count != 1 else ''}"


def _on(memories: Iterable[Memory]) -> str:
    """The days, oldest first: "on 3 Nov 2026 and 12 Nov 2026"."""
    days = [date(memory.created_at) for memory in sorted(memories, key=lambda memory: memory.created_at)]
    *before, last = dict.fromkeys(days)
    if len(before) > 2:
        return f"since {before[0]}"
    return f"on {', '.join(before)} and {last}" if before else f"on {last}"
