"""Who you are here, where you are signed in, your access tokens, and the end of your account."""

from __future__ import annotations

import streamlit as st

from pages.parts import chip, remembered
from pages.parts.visit import Visit, attempt, fill_widget, page, plain, widget_value
from pages.parts.words import day
from services.core.sharing import READ_REPORTS

CONFIRM = "delete my account"


def _guest(visit: Visit) -> None:
    if not visit.parts.settings.sign_in_configured:
        st.markdown(
            "Nobody signs in on this site: your interviews belong to this browser, and its cookie is all we know of "
            "you. Delete an interview on its report page."
        )
        return
    st.markdown(
        "You are a **guest**: your interviews belong to this browser. Sign in to keep them, to open them in "
        "any browser and to get the account's credits. What you did here comes along."
    )
    chip.sign_in(visit.parts.settings, key="sign_in_here")


def _who(visit: Visit) -> None:
    visitor = visit.visitor
    with st.container(border=True):
        st.markdown(f"**{plain(visitor.label)}**" if visitor.email else "**Signed in**, without a verified address")
        held = len(visit.interviews.list(visit.user_id))
        st.caption(f"{visit.balance} credits · {held} interview{'s' * (held != 1)}")
        with st.container(horizontal=True):
            st.button("Sign out here", key="sign_out", icon=":material/logout:", on_click=st.logout)
            st.button("Sign out everywhere", key="sign_out_everywhere", on_click=_out_everywhere, args=(visit,))
        st.caption("Everywhere: in every browser, and a copied cookie opens nothing any more.")


def _out_everywhere(visit: Visit) -> None:
    attempt(visit, visit.interviews.accounts.sign_out_everywhere, visit.user_id)
    if visit.trouble is None:
        st.logout()


def _tokens(visit: Visit) -> None:
    st.header("Access tokens", anchor=False)
    st.markdown(
        "A program or an assistant that shows one can read those of your reports whose candidates agreed to it: over "
        f"HTTP at `/api/reports`, or as MCP tools at `/mcp`. Every token has the one scope there is, `{READ_REPORTS}`, "
        "and none can change anything."
    )
    if visit.new_token:
        with st.container(border=True):
            st.markdown("**Copy it now: it is shown this once.**")
            st.code(visit.new_token, language=None)
            st.button("I have copied it", key="token_copied", on_click=_hide, args=(visit,))
    for token in visit.parts.tokens.list(visit.user_id):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xxsmall", width="stretch"):
                st.markdown(f"**{plain(token.label)}**")
                used = f"last used {day(token.last_used_at)}" if token.last_used_at else "never used"
                st.caption(plain(f"Made {day(token.created_at)} · {used} · ends {day(token.expires_at)}"))
            st.button(
                "Revoke",
                key=f"revoke_{token.id}",
                on_click=attempt,
                args=(visit, visit.parts.tokens.revoke, visit.user_id, token.id),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("What is it for?", key="token_label", max_chars=60, placeholder="Our hiring dashboard")
        st.button("Make a token", key="make_token", icon=":material/key:", on_click=_make, args=(visit,))


def _make(visit: Visit) -> None:
    def make() -> None:
        visit.new_token = visit.parts.tokens.make(visit.user_id, widget_value("token_label", ""))
        fill_widget("token_label", "")

    attempt(visit, make)


def _hide(visit: Visit) -> None:
    visit.new_token = ""


def _end(visit: Visit) -> None:
    st.header("Delete my account", anchor=False)
    st.markdown(
        "Deletes your interviews with their job descriptions, plans and reports, what is remembered of them, your "
        "access tokens, and what voice vendors keep of your calls where they offer that. Entries of the ledger stay, "
        "without a name. It cannot be undone."
    )
    st.text_input(f"Type “{CONFIRM}”", key="delete_account_words")
    sure = widget_value("delete_account_words", "").strip().casefold() == CONFIRM
    st.button(
        "Delete my account",
        key="delete_account",
        icon=":material/delete_forever:",
        disabled=not sure,
        on_click=_delete,
        args=(visit,),
    )


def _delete(visit: Visit) -> None:
    if widget_value("delete_account_words", "").strip().casefold() != CONFIRM:
        return
    attempt(visit, visit.parts.end_account, visit.user_id)
    if visit.trouble is None:
        st.logout()


with page("Account") as here:
    if here.visitor.kind == "guest":
        _guest(here)
    else:
        _who(here)
        remembered.everything(here)
        _tokens(here)
        _end(here)
