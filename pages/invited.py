"""An invitation, for the candidate who has its link: what it is, what happens with their words, and the way in."""

from __future__ import annotations

import streamlit as st

from pages.parts.start import promises
from pages.parts.visit import Visit, link_token, page, plain
from pages.parts.words import date, minutes
from services.core.errors import ConsentMissing, InterviewAlreadyOpen, LinkRefused
from services.core.invitation import Invitation


def _draw(visit: Visit) -> None:
    token = link_token()
    try:
        found = visit.interviews.invitations.look(token, visit.user_id)
    except LinkRefused as error:
        st.title("This invitation opens nothing", anchor=False)
        st.error(plain(error.sentence), icon=":material/link_off:")
        return
    _what(visit, found)
    voice = visit.parts.providers.get(found.provider)
    label = voice.info.label if voice else found.provider
    consent = promises.draw(visit, f"Your voice to this server and to Ema's voice here ({plain(label)})")
    share = st.checkbox(
        "Whoever invited me may read my report. (Optional; you can take it back on the report's page.)", key="share"
    )
    at_consent = st.container()
    if st.button("Take the interview", key="accept", type="primary", icon=":material/arrow_forward:",
                 icon_position="right"):  # fmt: skip
        try:
            taken = visit.interviews.invitations.accept(token, visit.user_id, consent=consent, share=share)
        except (ConsentMissing, LinkRefused) as error:
            at_consent.error(plain(error.sentence), icon=":material/error:")
        except InterviewAlreadyOpen as error:
            at_consent.error(f"{plain(error.sentence)} The invitation stays good.", icon=":material/error:")
            at_consent.page_link("pages/start.py", label="Open the start page", icon=":material/arrow_forward:")
        else:
            st.switch_page("pages/interview.py", query_params={"id": taken.id})


def _what(visit: Visit, found: Invitation) -> None:
    limit = minutes(visit.parts.settings.interview_limit_s)
    st.title(f"You are invited: {plain(found.plan.role_title)}", anchor=False)
    st.caption(" · ".join(filter(None, (plain(found.label), f"Works once, until {date(found.expires_at)}"))))
    st.markdown(
        f"**Ema, an AI interviewer**, asks {len(found.plan.questions)} questions about your work; it takes at most "
        f"{limit}. You need a microphone and a quiet room, and can type any answer instead. **It costs you nothing.** "
        "Afterwards you get a report in which every claim rests on words you really said; it is yours."
    )


with page("Invitation", heading=False) as here:
    _draw(here)
