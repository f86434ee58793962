"""This visit: who is in front of the tab and what the tab remembers.

The only file that touches session state and cookies. What is known here is forgotten with the tab; everything that
must last is an interview's, in the database.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import streamlit as st
import structlog

from pages.parts import chip, components
from pages.parts.line_mends import forgive_missed_runs
from pages.parts.words import plain as plain
from services import wiring
from services.core.errors import InterviewNotFound, PhoneScreenError, SignInRequired
from services.core.plan.plan import Question
from services.identity.quotas import Action

if TYPE_CHECKING:
    from services.calls.relay import Media
    from services.identity.visitor import Sighting, Visitor
    from services.interviews.interviews import Interviews
    from services.media.tracks import Playout
    from services.observe.estimate import MinutePrice
    from services.vendors.base import Check
    from services.wiring import Syntaxia

log = structlog.get_logger(__name__)

NARROW, WIDE = 760, 1080
"""Widths in pixels: for reading, and for working."""
_NEXT = {
    "interview_not_found": ("Your history lists the interviews of this browser.", "pages/history.py"),
    "interview_already_open": ("The start page leads to it.", "pages/start.py"),
    "insufficient_credit": ("The credits page lists every entry.", "pages/credits.py"),
    "transcript_gone": ("You can start a new interview from the same job description.", "pages/start.py"),
    "call_gone": ("Reload this page in a few seconds.", None),
    "server_closing": ("Begin again from this page in a few minutes.", None),
    "lines_busy": ("Your plan is kept: begin again from this page.", None),
}
"""What to do after an error, by its code, and the page to do it on."""
_OPEN = {
    "pages/history.py": "Open history",
    "pages/start.py": "Open the start page",
    "pages/credits.py": "Open credits",
}
_OUR_FAULT = (
    "Something broke on our side; that was not your fault and cost nothing. Reload the page. "
    "If it happens again, tell the operator the time of day: the log says where it broke."
)


@dataclass(frozen=True)
class Join:
    """This tab's part in a live call."""

    interview_id: str
    number: int
    """The call's own count of joins; a higher one in its view means that another tab has the call now."""
    media: Media
    ice_servers: list[dict[str, Any]] = field(default_factory=list, repr=False)
    """Of this join alone: the relay's credentials are short-lived, and another list would be another connection."""


@dataclass(frozen=True)
class Brought:
    """What became of the last file or address that was brought as a job description."""

    sentence: str
    text: str = ""
    """Empty when it was refused."""
    earlier: str = ""
    """What stood in the field before."""
    source: str = ""
    """The address it was read from; empty for a file."""


@dataclass
class Refused:
    """What a form of this tab's was last refused for, and how often each was taken."""

    place: str = ""
    sentence: str = ""
    page: str = ""
    taken: dict[str, int] = field(default_factory=dict)


@dataclass
class Visit:
    parts: Syntaxia
    visitor: Visitor
    guest: Sighting | None = None
    """Who this tab was when it last was a guest."""
    join: Join | None = None
    listening: tuple[str, Playout] | None = None
    """The sample this tab listens to, by its id, and what it hears of it."""
    listening_ice_servers: list[dict[str, Any]] = field(default_factory=list, repr=False)
    """The same as a join's, for that."""
    lines: int = 0
    """Lines this tab has left: the WebRTC component of each join has a key of its own, never used again."""
    asking_for_microphone: bool = False
    microphone_refusal: str = ""
    """Name of the browser's error, such as NotAllowedError."""
    prices: dict[str, MinutePrice | None] = field(default_factory=dict)
    """Of a minute with each voice, read once a tab."""
    checks: dict[str, Check] = field(default_factory=dict)
    """The latest look at each voice, by its key."""
    new_token: str = field(default="", repr=False)
    """An access token just made, until it was copied; nothing else ever holds it."""
    new_link: tuple[str, str] | None = field(default=None, repr=False)
    """A link just made, with its interview's id; nothing else ever holds it."""
    new_invitation: tuple[str, str] | None = field(default=None, repr=False)
    """The same of an invitation, with the interview whose plan it has."""
    reviewer: str = ""
    """Who this visitor said they were, at the last level they left on somebody else's report."""
    told: str = ""
    """The page on which the notice about the sign-in stands; elsewhere it is not repeated."""
    trouble: Exception | None = None
    """What went wrong in the last callback; the page drawn next explains it."""
    troubled: str = ""
    """The page that does."""
    refused: Refused = field(default_factory=Refused)
    confirming: str = ""
    """The step that waits for a second click: its key and the interview's id."""
    brought: Brought | None = None
    file_read: str = ""
    """Streamlit's id of the uploaded file that was read last."""
    reports_seen: set[str] = field(default_factory=set)
    """Interviews whose report this tab has shown."""
    drafts: dict[str, tuple[Question, ...]] = field(default_factory=dict)
    """Edited questions by interview, also while they break a rule of plans."""
    originals: dict[str, dict[str, Question]] = field(default_factory=dict)
    """Questions by interview and id, as this tab first saw them: what an edited one is told by."""
    fits: int = 0
    """How often this tab had questions shortened to fit the call."""
    seen: dict[str, dict[str, Question]] = field(default_factory=dict)
    """Questions by interview and id, as this tab last saw them: what a dropped one is restored from."""

    def leave(self) -> None:
        """This tab takes no part in a call any more; another join needs another line."""
        if self.join is not None:
            self.join, self.lines = None, self.lines + 1

    def take(self, action: Action) -> None:
        """Counts this against the visitor's quotas. Raises QuotaExceeded."""
        self.parts.quotas.take(action, self.visitor)

    def start_sample(self, provider: str) -> None:
        """Raises QuotaExceeded, and what samples refuse."""
        voice = self.parts.providers.get(provider)
        if voice is not None and voice.info.usd_per_minute:
            self.take(Action.SAMPLE)
        self.parts.samples.start(self.user_id, provider)

    @property
    def interviews(self) -> Interviews:
        return self.parts.interviews

    @property
    def user_id(self) -> str:
        return self.visitor.id

    @property
    def balance(self) -> int:
        return self.interviews.accounts.balance(self.user_id)


@dataclass
class Reader:
    """Somebody who came by a link: no account, no cookie, and nothing but what the link opens."""

    parts: Syntaxia
    token: str = field(repr=False)
    counted: bool = False
    """This tab's opening of the link stands in its count of views."""
    name: str = ""
    """Who the reader said they are, at the last level they left."""
    trouble: Exception | None = None
    troubled: str = ""
    refused: Refused = field(default_factory=Refused)


def visit() -> Visit:
    """The visit of this tab. A browser that sends no cookie gets an explanation, and the script stops.

    Who is there is asked at every run: a sign-in may have ended meanwhile, and Streamlit lets another browser that
    knows this tab's name take it up. Whoever is somebody else finds nothing of it; but a guest who signed in from
    another tab goes on here, in a live call too. Raises SignInRequired.
    """
    parts = wiring.wire()
    cookies, address = st.context.cookies, st.context.ip_address
    found: Visit | None = st.session_state.get("visit")
    if found is not None and found.guest is not None:
        became = parts.identity.successor(cookies, found.guest, address)
        if became is not None:
            found.visitor = became
            return found
    visitor = parts.identity.visitor(cookies, address)
    if visitor is None:
        _ask_for_cookies()
    if found is None or found.visitor.id != visitor.id:
        if found is not None:
            st.session_state.clear()
        found = st.session_state["visit"] = Visit(parts, visitor)
    found.visitor, found.guest = visitor, parts.identity.sighting(cookies, visitor)
    return found


def sign_in_configured() -> bool:
    return wiring.wire().settings.sign_in_configured


def administrates() -> bool:
    """Whether the navigation offers the administrators' page, which asks again."""
    return wiring.wire().identity.administrates(st.context.cookies)


def came_by_link() -> bool:
    """Whether the address of this tab is one that is given to people without an account: they get no menu."""
    return urlsplit(st.context.url or "").path.rstrip("/").endswith(("/shared", "/invited"))


@contextmanager
def open_page(title: str, *, width: int = WIDE) -> Iterator[Reader]:
    """Frame of a page for whoever has a link, with the `?token=` of its address; `page` without a visitor."""
    _head(title)
    token = link_token()
    with st.container(horizontal_alignment="center"), st.container(width=width):
        with guarded():
            reader: Reader | None = st.session_state.get("reader")
            if reader is None or reader.token != token:
                reader = st.session_state["reader"] = Reader(wiring.wire(), token)
            _explain_once_more(reader, title)
            yield reader
        components.frame(key="frame")


def _head(title: str) -> None:
    st.set_page_config(page_title=f"{title} · Syntaxia", page_icon=components.ICON)
    st.logo(str(components.LOGO), size="large")


@contextmanager
def page(title: str, *, width: int = NARROW, heading: bool = True, call: bool = False) -> Iterator[Visit]:
    """Frame of every page: one column, its title, and the one place where our errors become sentences.

    Only a page with `call` keeps this tab's part in a live call: on any other one the browser has dropped the line.
    """
    _head(title)
    with st.container(horizontal_alignment="center"), st.container(width=width):
        if heading:
            st.title(title, anchor=False)
        with guarded("" if heading else title):
            here = visit()
            chip.draw(here, title)
            if not call:
                here.leave()
            _explain_once_more(here, title)
            yield here
        components.frame(key="frame")


def _explain_once_more(visit: Visit | Reader, title: str) -> None:
    """What went wrong in the last callback, on the page drawn after it and until the next one: a page may be run anew
    at any moment, by a line that connects or a view that changes."""
    if visit.refused.page != title:
        visit.refused.page, visit.refused.place = title, ""
    if visit.trouble is None:
        return
    visit.troubled = visit.troubled or title
    if visit.troubled == title:
        explain(visit.trouble)
    else:
        visit.trouble, visit.troubled = None, ""


@contextmanager
def guarded(title: str = "") -> Iterator[None]:
    """Where errors become sentences: around every page, and inside a fragment, which reruns without its page.

    `title` is for a page that is headed by its interview: where there is none, nothing else would say what page it is.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 (the boundary to the browser; `explain` logs what is not ours to show)
        if title and isinstance(error, InterviewNotFound):
            st.title(title, anchor=False)
        explain(error)


def attempt(visit: Visit | Reader, use_case: Callable[..., object], *args: object) -> None:
    """For callbacks, which run before the page: what goes wrong is explained on the page."""
    visit.trouble, visit.troubled, visit.refused.place = None, "", ""
    try:
        use_case(*args)
    except Exception as error:  # noqa: BLE001 (as above)
        visit.trouble = error


def submit(visit: Visit | Reader, place: str, use_case: Callable[..., object], *args: object) -> bool:
    """`attempt` for a form, told apart by its place: a refusal is drawn there by `refusal`. Whether it was taken."""
    attempt(visit, use_case, *args)
    error = visit.trouble
    if error is None:
        visit.refused.taken[place] = visit.refused.taken.get(place, 0) + 1
    elif isinstance(error, PhoneScreenError) and error.code not in _NEXT:
        visit.trouble, visit.refused.place, visit.refused.sentence = None, place, error.sentence
    return error is None


def refusal(visit: Visit | Reader, place: str, field_key: str) -> None:
    """Why this form was refused, if it was; the focus goes to its field."""
    if visit.refused.place == place:
        st.error(plain(visit.refused.sentence), icon=":material/error:")
        components.focus(key=f"focus_{field_key}", data={"field": field_key, "sentence": visit.refused.sentence})


def anew(visit: Visit | Reader, place: str, field_key: str) -> str:
    """A field's key that is another one each time its form was taken: only then it begins empty again."""
    times = visit.refused.taken.get(place, 0)
    return f"{field_key}_{times}" if times else field_key


def explain(error: Exception) -> None:
    """What happened and what to do next; of a bug only that it is one, while the log says where.

    The log gets no message: it may quote what somebody typed.
    """
    if not isinstance(error, PhoneScreenError):
        log.error("page failed", error=type(error).__name__, where=traceback.format_tb(error.__traceback__))
        st.error(_OUR_FAULT, icon=":material/error:")
        return
    advice, target = _NEXT.get(error.code, ("", None))
    if isinstance(error, SignInRequired):
        chip.gate(wiring.wire().settings, error.sentence)
        return
    st.error(f"{error.sentence} {advice}".strip(), icon=":material/error:")
    if target is not None:
        st.page_link(target, label=_OPEN[target], icon=":material/arrow_forward:")


def interview_id() -> str:
    """The `?id=` of this page's address, or an empty string."""
    return st.query_params.get("id", "")


def plan_hash() -> str:
    """The `?plan=` of this page's address, or an empty string."""
    return st.query_params.get("plan", "")


def link_token() -> str:
    """The `?token=` of this page's address, or an empty string."""
    return st.query_params.get("token", "")


def widget_value(key: str, default: Any = None) -> Any:
    """What a keyed widget holds; for callbacks, which run before the script."""
    return st.session_state.get(key, default)


def fill_widget(key: str, value: Any) -> None:
    """Puts a value into a keyed widget that is drawn later in the run."""
    st.session_state[key] = value


def keep_line(key: str) -> None:
    """Draws this tab's WebRTC component again without hanging up, whatever runs it missed."""
    forgive_missed_runs(st.session_state.get(key))


def _ask_for_cookies() -> NoReturn:
    st.warning(
        "This page needs one cookie to know that you are the same visitor after a reload. "
        "It is set by this site, holds a random name and nothing about you.",
        icon=":material/cookie:",
    )
    st.markdown(
        "- Allow cookies for this address in your browser's settings, then reload the page.\n"
        "- In an embedded or private window, open the address in a normal tab instead."
    )
    st.stop()
