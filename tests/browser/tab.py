"""A tab without a browser: speaks Streamlit's protobuf over the real socket, and says whatever a forger would."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 60.0
_PREFIX = "$$ID-"


class Tab:
    """`values` of a run are what widgets hold, by key: a text, a number, whether it was pressed, several texts, the
    JSON that a component sent as bytes, or anything as Streamlit's own message."""

    def __init__(self, url: str, cookie: str | None = None, takes_up: str = "") -> None:
        """`takes_up`: the tab of this session id, as a browser does after a broken connection."""
        self.url = url
        self.cookie = cookie or httpx.get(url).headers["set-cookie"].partition(";")[0]
        self.ids: dict[str, str] = {}
        """Of every widget this tab has seen on any page, by key."""
        self.session_id = ""
        """Streamlit's name for this tab, from its first run on."""
        self.led_to = ""
        """Address to which a browser would have gone to sign in or out."""
        self._states: dict[str, Any] = {}
        self._hashes: dict[str, str] = {}
        """Streamlit's names for the pages it has run, by ours."""
        self._socket = connect(
            f"{url.replace('http', 'ws', 1)}/_stcore/stream",
            origin=Origin(url),
            additional_headers={"Cookie": self.cookie},
            subprotocols=[Subprotocol(one) for one in ("streamlit", *(("PLACEHOLDER", takes_up) if takes_up else ()))],
            max_size=None,
            legacy=True,
        )

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def run(self, page: str = "", query: str = "", values: Mapping[str, object] | None = None) -> str:
        """Runs a page with these widgets, and those of earlier runs; returns all words it drew."""
        asked = BackMsg()
        run = asked.rerun_script
        run.query_string, run.page_name, run.page_script_hash = query, page, self._hashes.get(page, "")
        self._states |= dict(values or {})
        for key, value in self._states.items():
            _put(run.widget_states.widgets.add(), self.ids.get(key, f"{_PREFIX}{'0' * 32}-{key}"), value)
        self._states = {
            key: value for key, value in self._states.items() if not isinstance(value, bool) or key == "consent"
        }
        self.say(asked.SerializeToString())
        return self.drawn(page)

    def say(self, message: bytes | str) -> None:
        self._socket.send(message)

    def drawn(self, page: str | None = None) -> str:
        """Waits until a run has finished; a run that turns the page is followed by another."""
        words: list[str] = []
        end = time.monotonic() + PATIENCE_S
        while True:
            told: Any = ForwardMsg.FromString(self._socket.recv(timeout=end - time.monotonic()))
            kind = told.WhichOneof("type")
            if kind == "new_session":
                words = []
                self.session_id = told.new_session.initialize.session_id or self.session_id
            elif kind == "delta":
                words += self._read(told.delta)
            elif kind == "navigation" and page is not None:
                self._hashes.setdefault(page, told.navigation.page_script_hash)
            elif kind == "auth_redirect":
                self.led_to = told.auth_redirect.url
            elif kind == "script_finished" and told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return "\n".join(words)

    def _read(self, told: Any) -> list[str]:
        found = []
        for text in _texts(told):
            if text.startswith(_PREFIX):
                key = text[len(_PREFIX) :].partition("-")[2]
                self.ids[key] = text
            else:
                found.append(text)
        return found


def _texts(told: Any) -> Iterator[str]:
    for field, value in told.ListFields():
        for one in value if field.is_repeated and not hasattr(value, "items") else [value]:
            if hasattr(one, "ListFields"):
                yield from _texts(one)
            elif isinstance(one, str):
                yield one


def _put(state: Any, widget_id: str, value: object) -> None:
    match value:
        case WidgetState():
            state.MergeFrom(value)
        case bool():
            if "consent" in widget_id:
                state.bool_value = value
            else:
                state.trigger_value = value
        case int():
            state.int_value = value
        case bytes():
            state.json_value = value.decode()
        case str():
            state.string_value = value
        case [float(), *_]:
            state.double_array_value.data.extend(value)
        case list():
            state.string_array_value.data.extend(value)
    state.id = widget_id
