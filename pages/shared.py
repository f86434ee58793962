"""A report that somebody shared, for whoever has its link: read without an account, reviewed with a name."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.report import findings, letter, reviews
from pages.parts.visit import Reader, open_page, plain
from services.core.errors import LinkRefused
from services.core.sharing import SharedForm


def _draw(reader: Reader) -> None:
    try:
        read = reader.parts.interviews.sharing.open(reader.token, count=not reader.counted)
    except LinkRefused as error:
        st.title("This link opens nothing", anchor=False)
        st.error(plain(error.sentence), icon=":material/link_off:")
        st.markdown("Reports are shared by links that end by themselves and that can be taken back at any time.")
        return
    reader.counted = True
    if read.form is SharedForm.LETTER:
        letter.draw(read, read.report)
        reviews.disputes(read.reviews, read.report)
    else:
        st.badge("Shared with you to read and review", icon=":material/visibility:", color="blue")
        findings.draw(read, read.report, review=lambda rating: reviews.reader_form(reader, read, rating))
    st.space("medium")
    with st.container(horizontal=True, key="actions"):
        components.paper(key="print", width="content", data={"running": findings.running(read)})
    st.caption("You see what was shared with you and nothing else: no job description, no transcript, no recording.")


with open_page("Shared report") as here:
    _draw(here)
