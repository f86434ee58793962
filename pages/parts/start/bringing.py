"""The other ways to a job description: a file, or a job page's address. Both fill the field, to be edited there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.visit import Brought, Visit, fill_widget, plain, widget_value
from pages.parts.waiting import waited
from services.core.errors import JobDescriptionRefused
from services.core.plan.posting import MAX_CHARACTERS


def draw(visit: Visit) -> None:
    """To be run before the field of the job description and the samples, which it may change."""
    file, link = st.columns(2, gap="medium")
    with file:
        chosen = st.file_uploader("Or bring it as a file: PDF, Word (.docx) or text", key="job_file")
    with link, st.form("job_page", border=False):
        address = st.text_input("Or read it from its web page", key="job_url", placeholder="https://…")
        pressed = st.form_submit_button("Read this page", key="read_job_url", icon=":material/link:")
    if chosen is not None and chosen.file_id != visit.file_read:
        _bring(visit, "Reading the file…", chosen.name, visit.parts.intake.from_file, chosen.getvalue())
        visit.file_read = chosen.file_id
    elif pressed:
        _bring(visit, "Reading the page…", address, visit.parts.intake.from_page, address)
    if visit.brought is not None:
        _outcome(visit, visit.brought)


def _bring(visit: Visit, waiting: str, name: str, read: Callable[[Any], str], source: bytes | str) -> None:
    with st.spinner(waiting):
        try:
            text = waited(read, source)
        except JobDescriptionRefused as refused:
            visit.brought = Brought(refused.sentence)
            return
        earlier = widget_value("job_description", "")
        visit.brought = Brought(f"{len(text):,} characters read from “{plain(name)}”.", text, earlier)
        fill_widget("job_description", text)
        fill_widget("job_preset", None)


def _outcome(visit: Visit, brought: Brought) -> None:
    if not brought.text:
        st.warning(brought.sentence, icon=":material/find_in_page:")
        return
    too_long = len(brought.text) > MAX_CHARACTERS
    advice = f"Only {MAX_CHARACTERS:,} can be used: delete what is not about the role." if too_long else ""
    st.success(f"{brought.sentence} {advice or 'Check and change them below.'}", icon=":material/task_alt:")
    if brought.earlier.strip() and brought.earlier != brought.text:
        st.button(
            "Put back the text from before",
            key="put_back",
            icon=":material/undo:",
            type="tertiary",
            on_click=_put_back,
            args=(visit, brought),
        )


def _put_back(visit: Visit, brought: Brought) -> None:
    fill_widget("job_description", brought.earlier)
    visit.brought = None
