"""The job description: one field that takes a text, a page's address or a file, and six samples to try."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import components
from pages.parts.streamlit_mends import forget_upload
from pages.parts.visit import Brought, Visit, fill_widget, plain, widget_value
from pages.parts.waiting import waited
from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import samples
from services.core.plan.posting import MAX_CHARACTERS

FIELD = "job_description"
_ADDRESS = re.compile(r"\s*(?:https?://|www\.)\S+\s*", re.IGNORECASE)


def draw(visit: Visit) -> None:
    """The field with everything that fills it, and under it what became of what was brought."""
    titles = {sample.key: _short(sample.title) for sample in samples()}
    pills, field, told, file = (st.container() for _ in range(4))
    with file:
        chosen = st.file_uploader(
            "Or add a file: PDF, Word (.docx) or text. You can also drop it on the field.",
            key="job_file",
            label_visibility="collapsed",
        )
    with told:
        _read(visit, chosen)
        if visit.brought is not None:
            _outcome(visit, visit.brought)
    pills.pills(
        "Try one of these",
        list(titles),
        format_func=titles.__getitem__,
        key="job_preset",
        on_change=_fill_from_preset,
        args=(visit,),
        wrap=True,
        label_visibility="collapsed",
    )
    field.text_area(
        "Job description",
        key=FIELD,
        height=136,
        placeholder="Paste the job description or the address of its page, drop a file here, or pick a sample above.",
    )
    components.drop(key="drop", data={"field": FIELD, "file": "job_file"})


def _short(title: str) -> str:
    """Without what most of them share: all samples stand in one row."""
    words = title.partition(",")[0].split()
    return " ".join(word for word in words if word not in ("Senior", "Staff", "Engineer"))


def refusal(visit: Visit) -> str:
    """Why what stands in the field could not be read; empty when it is a text."""
    brought = visit.brought
    refused = brought is not None and not brought.text and brought.source == widget_value(FIELD, "").strip()
    return brought.sentence if brought and refused else ""


def _read(visit: Visit, chosen: Any) -> None:
    typed = widget_value(FIELD, "").strip()
    if chosen is not None and chosen.file_id != visit.file_read:
        _bring(visit, "Reading the file…", chosen.name, visit.parts.intake.from_file, chosen.getvalue())
        visit.file_read = chosen.file_id
        forget_upload(chosen.file_id)
    elif _ADDRESS.fullmatch(typed) and not (visit.brought and visit.brought.source == typed):
        _bring(visit, "Reading the page…", typed, visit.parts.intake.from_page, typed)


def _bring(visit: Visit, waiting: str, name: str, read: Callable[[Any], str], source: bytes | str) -> None:
    address = source if isinstance(source, str) else ""
    with st.spinner(waiting):
        try:
            text = waited(read, source)
        except JobDescriptionRefused as refused:
            visit.brought = Brought(refused.sentence, source=address)
            return
        earlier = "" if address else widget_value(FIELD, "")
        visit.brought = Brought(f"{len(text):,} characters read from “{plain(name)}”.", text, earlier, address)
        fill_widget(FIELD, text)
        fill_widget("job_preset", None)


def _outcome(visit: Visit, brought: Brought) -> None:
    if not brought.text:
        st.warning(brought.sentence, icon=":material/find_in_page:")
        return
    too_long = len(brought.text) > MAX_CHARACTERS
    advice = f"Only {MAX_CHARACTERS:,} can be used: delete what is not about the role." if too_long else ""
    st.success(f"{brought.sentence} {advice or 'Check and change them above.'}", icon=":material/task_alt:")
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
    fill_widget(FIELD, brought.earlier)
    visit.brought = None


def _fill_from_preset(visit: Visit) -> None:
    visit.brought = None
    chosen = widget_value("job_preset")
    for sample in samples():
        if sample.key == chosen:
            fill_widget(FIELD, sample.text)
