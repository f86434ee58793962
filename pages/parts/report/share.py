"""Who the candidate is, their agreement that others read the report, and the links that let others read it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.parts.visit import Visit, attempt, plain, widget_value
from pages.parts.words import date
from services.core.interview import Interview
from services.core.sharing import LINK_DAYS, MAX_LABEL, SharedForm, ShareLink

FORMS = {SharedForm.SCORECARD: "Scorecard for reviewers", SharedForm.LETTER: "Letter to the candidate"}
_DEFAULT_DAYS = 14


def draw(visit: Visit, interview: Interview) -> None:
    with st.popover("Share", icon=":material/ios_share:", key="review_share"):
        st.text_input(
            "Candidate's name or label",
            interview.label,
            key="candidate_label",
            max_chars=MAX_LABEL,
            placeholder="Optional, such as “Ana M.” or “Candidate 3”",
            on_change=_name,
            args=(visit, interview.id),
        )
        agreed = interview.share_consent_at is not None
        st.checkbox(
            "The candidate agrees that other people read this report",
            agreed,
            key="share_consent",
            on_change=_consent,
            args=(visit, interview.id),
        )
        if interview.share_consent_at is None:
            st.caption("Without that nobody else can read it. Taking the tick away ends every link at once.")
            return
        st.caption(f"Agreed on {date(interview.share_consent_at)}. Taking the tick away ends every link at once.")
        _form(visit, interview)
        _links(visit, interview)


def _form(visit: Visit, interview: Interview) -> None:
    st.segmented_control(
        "What to share",
        list(FORMS),
        format_func=FORMS.__getitem__,
        default=SharedForm.SCORECARD,
        required=True,
        key="share_form",
    )
    st.selectbox(
        "Works for",
        LINK_DAYS,
        LINK_DAYS.index(_DEFAULT_DAYS),
        format_func=lambda days: "1 day" if days == 1 else f"{days} days",
        key="share_days",
    )
    if interview.label:
        st.checkbox("Show the name", value=True, key="share_name")
    st.button("Make a link", key="share", type="primary", icon=":material/add_link:", on_click=_share,
              args=(visit, interview.id))  # fmt: skip
    if visit.new_link is not None and visit.new_link[0] == interview.id:
        st.code(visit.new_link[1], language=None, wrap_lines=True)
        st.caption("Copy it now: it is shown this once. Whoever has it can read the report, without an account.")


def _links(visit: Visit, interview: Interview) -> None:
    links, now = visit.interviews.sharing.links(visit.user_id, interview.id), datetime.now(UTC)
    for link in links:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap="xxsmall", width="stretch"):
                st.markdown(f"**{FORMS[link.form]}**" + (" · with the name" if link.shows_label else ""))
                st.caption(plain(f"Made {date(link.created_at)} · {_end(link)} · {_views(link)}"))
            if link.works(now):
                st.button(
                    "Take back",
                    key=f"revoke_{link.id}",
                    on_click=attempt,
                    args=(visit, visit.interviews.sharing.revoke, visit.user_id, interview.id, link.id),
                )


def _end(link: ShareLink) -> str:
    if link.revoked_at is not None:
        return f"taken back {date(link.revoked_at)}"
    return f"ends {date(link.expires_at)}"


def _views(link: ShareLink) -> str:
    if link.last_viewed_at is None:
        return "not opened yet"
    times = "once" if link.views == 1 else f"{link.views} times"
    return f"opened {times}, last {date(link.last_viewed_at)}"


def _name(visit: Visit, interview_id: str) -> None:
    attempt(visit, visit.interviews.sharing.name, visit.user_id, interview_id, widget_value("candidate_label", ""))


def _consent(visit: Visit, interview_id: str) -> None:
    sharing, agreed = visit.interviews.sharing, widget_value("share_consent", False)
    visit.new_link = visit.new_link if agreed else None
    attempt(visit, sharing.agree if agreed else sharing.withdraw, visit.user_id, interview_id)


def _share(visit: Visit, interview_id: str) -> None:
    def make() -> None:
        token = visit.interviews.sharing.share(
            visit.user_id,
            interview_id,
            widget_value("share_form", ""),
            widget_value("share_days", 0),
            shows_label=bool(widget_value("share_name", False)),
        )
        visit.new_link = interview_id, f"{visit.parts.settings.app_url.rstrip('/')}/shared?token={token}"

    attempt(visit, make)
