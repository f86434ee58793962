"""All interviews of this visitor, newest first."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import streamlit as st

from pages.parts.visit import Visit, attempt, page, plain
from pages.parts.words import STATUS_COLORS, STATUS_WORDS, date, day, minutes
from services.core.interview import Interview, Status
from services.core.invitation import Invitation

_WAITING = (Status.SETUP, Status.ACTIVE)


def _row(visit: Visit, interview: Interview, key: str) -> None:
    waits = interview.status in _WAITING
    label, target = ("Continue", "pages/interview.py") if waits else ("Open", "pages/report.py")
    provider = visit.parts.providers.get(interview.provider)
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap="xxsmall", width="stretch"):
            name = f" · {plain(interview.label)}" if interview.label else ""
            st.markdown(f"**{plain(interview.plan.role_title)}**{name}")
            facts = [
                day(interview.started_at or interview.created_at),
                minutes(interview.duration_s) if interview.duration_s else "",
                provider.info.label if provider else interview.provider,
                f"plan covered {interview.report.coverage_pct} %" if interview.report else "",
                _reached(interview),
            ]
            st.caption(" · ".join(filter(None, map(plain, facts))))
        st.badge(STATUS_WORDS[interview.status], color=STATUS_COLORS[interview.status])
        if st.button(label, key=key, icon=":material/arrow_forward:"):
            st.switch_page(target, query_params={"id": interview.id})


def _reached(interview: Interview) -> str:
    """Where the call stopped; nothing while it has not, or where nobody got beyond the first question."""
    at, count = interview.current_question_index + 1, len(interview.plan.questions)
    if at == 1 or interview.status in _WAITING:
        return ""
    return f"stopped at question {at} of {count}" if at < count else f"all {count} questions asked"


def _summary(found: list[Interview]) -> None:
    """What there is in one line, and the way to one more."""
    reports = sum(one.report is not None for one in found)
    seconds = sum(one.duration_s or 0 for one in found)
    facts = [
        f"**{len(found)}** interview{'s' if len(found) != 1 else ''}",
        f"**{reports}** report{'s' if reports != 1 else ''}",
        f"**{minutes(seconds)}** in calls" if seconds else "",
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(" · ".join(filter(None, facts)), width="stretch")
        st.page_link("pages/start.py", label="Prepare another", icon=":material/add:")


def _none_yet(visit: Visit) -> None:
    """What will stand here, and how it comes to be."""
    with st.container(border=True, gap="medium"):
        st.header("No interviews yet in this browser", anchor=False)
        limit = minutes(visit.parts.settings.interview_limit_s)
        steps = (
            (":material/description:", "Prepare", "Paste a job description; you see and edit every question first."),
            (":material/mic:", "Talk", f"At most {limit} with Ema, spoken or typed. You can end it at any time."),
            (":material/fact_check:", "Read", "A report whose claims open your own words. Share it, or delete it."),
        )
        for column, (icon, name, sentence) in zip(st.columns(len(steps), gap="medium"), steps, strict=True):
            column.markdown(f"{icon} **{name}**\n\n{sentence}")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if st.button(
                "Prepare an interview",
                key="first",
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
            ):
                st.switch_page("pages/start.py")
            st.page_link("pages/sample.py", label="Watch a sample first", icon=":material/play_circle:")


def _comparable(visit: Visit, found: list[Interview]) -> None:
    """Where several reports of one plan can be read, the way to see them side by side."""
    titles = {one.plan_hash: one.plan.role_title for one in found if one.report}
    counts = Counter(one.plan_hash for one in found if one.report)
    for one, _, readable in visit.interviews.invitations.list(visit.user_id):
        if readable:
            titles.setdefault(one.plan.plan_hash, one.plan.role_title)
            counts[one.plan.plan_hash] += 1
    for plan_hash, count in counts.items():
        label = f"Compare {count} reports: {titles[plan_hash]}"
        if count > 1 and st.button(plain(label), key=f"compare_{plan_hash[:12]}", icon=":material/compare_arrows:"):
            st.switch_page("pages/compare.py", query_params={"plan": plan_hash})


def _invitations(visit: Visit) -> None:
    found, now = visit.interviews.invitations.list(visit.user_id), datetime.now(UTC)
    if found:
        st.header("Your invitations", anchor=False)
    for one, status, readable in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
            with st.container(gap="xxsmall", width="stretch"):
                st.markdown(f"**{plain(one.label or one.plan.role_title)}**")
                role = f"{one.plan.role_title} · " if one.label else ""
                st.caption(plain(f"{role}made {day(one.created_at)} · {_became(one, status, now)}"))
            if readable and st.button("Open", key=f"open_{one.id}", icon=":material/arrow_forward:"):
                st.switch_page("pages/report.py", query_params={"invitation": one.id})
            if one.is_open(now):
                st.button(
                    "Take back",
                    key=f"revoke_{one.id}",
                    on_click=attempt,
                    args=(visit, visit.interviews.invitations.revoke, visit.user_id, one.id),
                )


def _became(one: Invitation, status: Status | None, now: datetime) -> str:
    if one.taken_at is not None:
        return f"taken: {STATUS_WORDS[status].lower()}" if status else "taken, and deleted by the candidate"
    if one.revoked_at is not None:
        return "taken back"
    return f"waits until {date(one.expires_at)}" if one.is_open(now) else "expired"


with page("History") as here:
    found = here.interviews.list(here.user_id)
    if st.query_params.get("deleted"):
        st.success("The interview is deleted: plan, report, quotes and job description.", icon=":material/task_alt:")
    if found:
        _summary(found)
    else:
        _none_yet(here)
    _comparable(here, found)
    newest = next((one.id for one in found if one.status not in _WAITING), "")
    for one in found:
        _row(here, one, "open_report" if one.id == newest else f"open_{one.id}")
    _invitations(here)
