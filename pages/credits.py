"""The balance, every ledger entry behind it, and which interview a charge was for."""

from __future__ import annotations

import streamlit as st

from pages.parts.visit import Visit, page, plain
from pages.parts.words import day, minutes
from services.core.ledger import EntryKind, LedgerEntry

_ICONS = {
    EntryKind.GRANT: ":material/redeem:",
    EntryKind.DEBIT: ":material/call_made:",
    EntryKind.REFUND: ":material/undo:",
    EntryKind.ADJUST: ":material/tune:",
}


def _row(entry: LedgerEntry, roles: dict[str, str]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f"{_ICONS[entry.kind]} **{plain(entry.reason)}**")
            role = roles.get(entry.interview_id or "", "an interview you deleted") if entry.interview_id else ""
            st.caption(" · ".join(filter(None, [entry.kind.capitalize(), day(entry.created_at), plain(role)])))
        st.markdown(f"**{'+' if entry.amount > 0 else '−'}{abs(entry.amount)}**", width="content")


def _draw(visit: Visit) -> None:
    settings = visit.parts.settings
    entries = visit.interviews.accounts.ledger(visit.user_id)
    roles = {interview.id: interview.plan.role_title for interview in visit.interviews.list(visit.user_id)}
    left, right = st.columns([1, 2], gap="large", vertical_alignment="center")
    left.metric("Balance", f"{sum(entry.amount for entry in entries)} credits", border=True)
    right.markdown(
        f"An interview costs **{settings.interview_cost_credits} credits, once**, when its call has lasted "
        f"{minutes(settings.free_window_s)}. One that ends earlier is free, and one that fails through our fault or a "
        "voice vendor's is refunded by itself."
    )
    st.header("Every entry", anchor=False)
    for entry in reversed(entries):
        _row(entry, roles)


with page("Credits") as here:
    _draw(here)
