"""Where there are several servers: an interview is shown by the one that has it, and a dead one's by any other."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.visit import Visit, guarded, plain
from services.core.interview import LEASE_S, Interview, Status
from services.replicas.placement import Place

SETTLED_S = round(LEASE_S + 5)
"""A dead server's interviews: until the lease runs out, and to the next sweep."""


def stay(visit: Visit) -> None:
    """On a page that shows what this server's memory holds: drawn anew when another one answers."""
    fleet = visit.parts.fleet
    if fleet.several:
        _home(visit, move=False)


def elsewhere(visit: Visit, interview: Interview) -> bool:
    """Draws what there is to say when the call or the words are not here; False when they are, or nothing is yet."""
    if interview.status not in (Status.ACTIVE, Status.ANALYZING):
        return False
    place = visit.parts.fleet.place(interview.lease_owner)
    if place is Place.ELSEWHERE:
        move(visit, "This interview is on another of our servers. Taking you there…")
        _until_gone(visit, interview)
    elif place is Place.GONE:
        _cut_off(visit, interview)
    return place is not Place.HERE


def full(visit: Visit) -> bool:
    """Draws the way to a server that takes another call; False when this one does, or none does."""
    fleet = visit.parts.fleet
    if not fleet.takes_calls_elsewhere():
        return False
    reason = "is about to be restarted" if fleet.draining else "has no line free"
    move(visit, f"This server {reason}, another one has. Taking you there; your plan is kept.")
    return True


def move(visit: Visit, sentence: str) -> None:
    st.info(sentence, icon=":material/move_down:")
    _home(visit, move=True)


def _home(visit: Visit, *, move: bool) -> None:
    data = {"process": visit.parts.fleet.process, "move": move}
    components.home(key="home", data=data, on_other_change=lambda: None)


@st.fragment(run_every=0.5)
@guarded()
def _until_gone(visit: Visit, interview: Interview) -> None:
    """Whoever is brought here by a proxy that found nobody there is told as soon as that is certain."""
    if visit.parts.fleet.place(interview.lease_owner) is Place.GONE:
        st.rerun()


def _cut_off(visit: Visit, interview: Interview) -> None:
    calling = interview.status is Status.ACTIVE
    st.title("Your call was cut off" if calling else "Your report was cut off", anchor=False)
    what = "carried your call" if calling else "held your words"
    st.error(f"The server that {what} stopped. That was our fault, not yours.", icon=":material/cloud_off:")
    cost = visit.parts.settings.interview_cost_credits
    paid = f"The {cost} credits it had cost are given back." if interview.charge_committed_at else "It cost nothing."
    st.markdown(
        f"**What it cost.** {paid}\n\n**What next.** This interview ({plain(interview.plan.role_title)}) is closed by "
        f"itself within {SETTLED_S} seconds. You can then prepare another on this server, from the same job."
    )
    _until_settled(visit, interview)


@st.fragment(run_every=1.0)
@guarded()
def _until_settled(visit: Visit, interview: Interview) -> None:
    now = visit.interviews.get(visit.user_id, interview.id)
    if now.status is not interview.status or visit.parts.fleet.place(now.lease_owner) is not Place.GONE:
        st.rerun()
    st.caption(":material/hourglass_top: Closing it…")
