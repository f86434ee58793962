"""The private parts of Streamlit that we lean on: each is where it was, and each mend works."""

from __future__ import annotations

import ast
import importlib
import inspect
import threading
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import net_util
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import Serialized, WStates
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.web.server import server_util

from pages.parts import opening, streamlit_mends
from services.settings import ROOT

UNTOUCHED = "as it was drawn"
PRIVATE_PARTS = {
    "AppSession.request_rerun": "(self, client_state: 'ClientState | None') -> 'None'",
    "ScriptRequests._request_rerun_locked": "(self, new_data: 'RerunData') -> 'bool'",
    "ScriptRequests.on_scriptrunner_yield": "(self) -> 'ScriptRequest | None'",
    "ScriptRunner._run_script": "(self, rerun_data: 'RerunData') -> 'None'",
    "WStates.__getitem__": "(self, k: 'str') -> 'Any'",
}
"""What we put something of our own in the place of, with its signature."""
OUTSIDE = [path for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")] if not path.name.endswith("_mends.py")]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> ScriptRequests:
    """Of a run that has just begun."""
    for name in ("_request_rerun_locked", "on_scriptrunner_yield"):
        monkeypatch.setattr(ScriptRequests, name, getattr(ScriptRequests, name))
    streamlit_mends.let_runs_finish()
    made = ScriptRequests()
    made.request_rerun(RerunData())
    made.on_scriptrunner_ready()
    return made


@pytest.mark.parametrize(("name", "signature"), PRIVATE_PARTS.items(), ids=PRIVATE_PARTS)
def test_a_replaced_part_has_its_old_signature(name: str, signature: str) -> None:
    owner, part = (
        {
            "AppSession": AppSession,
            "ScriptRequests": ScriptRequests,
            "ScriptRunner": ScriptRunner,
            "WStates": WStates,
        }[name.split(".")[0]],
        name.split(".")[1],
    )

    assert hasattr(owner, part), f"Streamlit has no {name} any more"
    assert str(inspect.signature(getattr(owner, part))) == signature, f"{name} has changed"


@pytest.mark.parametrize("name", ["_state", "_lock", "_rerun_data"])
def test_script_requests_still_keep_their_state(name: str) -> None:
    assert hasattr(ScriptRequests(), name), f"Streamlit has no ScriptRequests.{name} any more"


@pytest.mark.parametrize(
    ("owner", "name"), [(AppSession, "_scriptrunner"), (AppSession, "_pages_manager"), (ScriptRunner, "_requests")]
)
def test_sessions_still_keep_their_runs_and_pages(owner: type, name: str) -> None:
    assert f"self.{name} = " in inspect.getsource(owner), f"Streamlit has no {owner.__name__}.{name} any more"


@pytest.mark.parametrize("name", ["_pages_manager", "_fragment_storage"])
def test_script_runner_still_holds_what_the_mend_reads(name: str) -> None:
    assert f"self.{name} =" in inspect.getsource(ScriptRunner.__init__), (
        f"Streamlit has no ScriptRunner.{name} any more"
    )


@pytest.mark.parametrize("path", OUTSIDE, ids=name_of)
def test_private_parts_are_touched_in_the_mends_alone(path: Path) -> None:
    touched = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and ast.unparse(node.value) not in ("self", "cls")
    }

    assert not touched


@pytest.mark.parametrize("path", OUTSIDE, ids=name_of)
def test_no_page_leaves_a_file_where_anybody_may_fetch_it(path: Path) -> None:
    """Streamlit serves what these are given at /media to whoever knows the address, and lets caches keep it."""
    published = {"download_button", "audio", "video", "pdf", "image"}

    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}

    assert not calls & {f"st.{name}" for name in published}


def test_a_newer_run_waits_for_the_one_before(requests: ScriptRequests) -> None:
    requests.request_rerun(RerunData())

    assert requests.on_scriptrunner_yield() is None
    assert requests.on_scriptrunner_ready().type is ScriptRequestType.RERUN


def test_a_newer_run_overtakes_slow_work(requests: ScriptRequests) -> None:
    requests.request_rerun(RerunData(page_name="credits"))

    with streamlit_mends.overtakable():
        request = requests.on_scriptrunner_yield()

    assert request
    assert request.rerun_data.page_name == "credits"
    assert requests.on_scriptrunner_yield() is None


def test_a_run_turns_the_page_itself_though_another_waits(
    requests: ScriptRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests.request_rerun(RerunData(page_script_hash="old"))
    with monkeypatch.context() as script:
        script.setattr(streamlit_mends, "get_script_run_ctx", lambda **_: script_run_context)
        requests.request_rerun(RerunData(page_script_hash="new"))

    request = requests.on_scriptrunner_yield()

    assert request
    assert request.rerun_data.page_script_hash == "new"


def test_a_run_is_stopped_wherever_it_is(requests: ScriptRequests) -> None:
    requests.request_stop()

    request = requests.on_scriptrunner_yield()

    assert request
    assert request.type is ScriptRequestType.STOP


def test_a_lost_fragment_runs_the_page_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[RerunData] = []
    monkeypatch.setattr(AppSession, "request_rerun", AppSession.request_rerun)
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda _, asked: ran.append(asked))
    streamlit_mends.keep_turned_pages()
    runner = SimpleNamespace(
        _pages_manager=SimpleNamespace(current_page_script_hash="report"), _fragment_storage=MemoryFragmentStorage()
    )

    ScriptRunner._run_script(runner, RerunData(page_script_hash="interview", fragment_id_queue=["controls"]))  # type: ignore[arg-type]

    assert (ran[0].page_script_hash, ran[0].fragment_id_queue) == ("report", [])


def message(page: str, query: str, *widgets: str) -> ClientState:
    state = ClientState(page_script_hash=page, query_string=query, fragment_id="controls" if widgets else "")
    for widget in widgets:
        state.widget_states.widgets.add(id=widget, bool_value=True)
    return state


@pytest.mark.parametrize(
    ("asked", "waiting", "became"),
    [
        # A browser that turns the page sends no widgets.
        (message("interview", "id=1"), None, ("interview", "id=1", "")),
        # What the page that was left still sends.
        (message("interview", "id=1", "line"), None, ("report", "id=2", "")),
        (message("interview", "id=1", "line"), RerunData(page_script_hash="history"), ("history", "", "")),
        # What the page that is there sends.
        (message("report", "id=3", "note"), None, ("report", "id=3", "controls")),
        (message("history", "", "open"), RerunData(page_script_hash="history"), ("history", "", "controls")),
    ],
)
def test_what_a_page_that_was_left_still_sends_turns_no_page(
    monkeypatch: pytest.MonkeyPatch, asked: ClientState, waiting: RerunData | None, became: tuple[str, str, str]
) -> None:
    taken: list[ClientState] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _, state: taken.append(state))
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda *_: None)
    streamlit_mends.keep_turned_pages()
    pages = SimpleNamespace(current_page_script_hash="report")
    runner = SimpleNamespace(
        _pages_manager=pages, _fragment_storage=MemoryFragmentStorage(), _requests=ScriptRequests()
    )
    ScriptRunner._run_script(runner, RerunData(page_script_hash="report", query_string="id=2"))  # type: ignore[arg-type]
    if waiting:
        runner._requests.request_rerun(waiting)

    AppSession.request_rerun(SimpleNamespace(_pages_manager=pages, _scriptrunner=runner), asked)  # type: ignore[arg-type]

    assert [(one.page_script_hash, one.query_string, one.fragment_id) for one in taken] == [became]
    assert taken[0].widget_states == asked.widget_states


def test_files_in_the_pages_directory_are_no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hasattr(PagesManager, "uses_pages_directory"), "Streamlit has no PagesManager.uses_pages_directory any more"
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    streamlit_mends.list_pages_by_navigation_alone()

    PagesManager(str(ROOT / "app.py"))

    assert PagesManager.uses_pages_directory is False


def test_every_part_of_the_first_page_has_its_file() -> None:
    missing = [name for name in opening.PARTS if not streamlit_mends.front_end_parts(name)]

    assert missing == [], "Streamlit's front end has no file of this name any more"


def test_a_part_brings_what_it_imports() -> None:
    assert any("BaseButton." in path for path in streamlit_mends.front_end_parts("Button"))


def test_a_thread_waits_for_itself_alone() -> None:
    seen: list[bool] = []
    with streamlit_mends.overtakable():
        other = threading.Thread(target=lambda: seen.append(streamlit_mends._this_thread.waits))
        other.start()
        other.join()

    assert seen == [False]


def test_uploads_stay_in_memory() -> None:
    parser = importlib.import_module("starlette.formparsers").MultiPartParser

    assert isinstance(parser.spool_max_size, int), "Starlette has no MultiPartParser.spool_max_size any more"
    assert "self.spool_max_size" in inspect.getsource(parser), "MultiPartParser.spool_max_size is read no more"


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> MemoryUploadedFileManager:
    """Of a process whose visitors' files may have 10 bytes together."""
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    made = MemoryUploadedFileManager("/upload")
    for name in ("file_storage", "_total_bytes"):
        assert hasattr(made, name), f"Streamlit has no MemoryUploadedFileManager.{name} any more"
    refused = list[str]()
    streamlit_mends.bound_uploads(10, lambda: refused.append("the oldest"))
    vars(made)["refused"] = refused
    return made


def sent(uploads: MemoryUploadedFileManager, tab: str, file_id: str, size: int) -> None:
    uploads.add_file(tab, UploadedFileRec(file_id, "job.txt", "text/plain", b"x" * size))


def test_a_tab_has_one_file_at_a_time(uploads: MemoryUploadedFileManager) -> None:
    for number in range(250):
        sent(uploads, "tab", str(number), 4)

    assert [file.file_id for file in uploads.get_files("tab", list(map(str, range(250))))] == ["249"]
    assert uploads._total_bytes == 4


def test_the_oldest_files_make_room_for_new_ones(uploads: MemoryUploadedFileManager) -> None:
    for tab in "abcd":
        sent(uploads, tab, f"of {tab}", 4)
    uploads.remove_session_files("c")
    sent(uploads, "e", "of e", 2)

    kept = [tab for tab in "abcde" if uploads.get_files(tab, [f"of {tab}"])]
    assert (kept, uploads._total_bytes) == (["d", "e"], 6)
    assert vars(uploads)["refused"] == ["the oldest"] * 2


def test_a_file_larger_than_all_may_be_is_kept_alone(uploads: MemoryUploadedFileManager) -> None:
    sent(uploads, "a", "of a", 4)
    sent(uploads, "b", "of b", 20)

    assert (uploads.get_files("a", ["of a"]), uploads._total_bytes) == ([], 20)


def test_a_file_that_was_read_is_forgotten(uploads: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "uploaded_file_mgr" in script_run_context.ScriptRunContext.__annotations__
    run = SimpleNamespace(uploaded_file_mgr=uploads, session_id="tab")
    monkeypatch.setattr(streamlit_mends, "get_script_run_ctx", lambda: run)
    sent(uploads, "tab", "read", 4)

    streamlit_mends.forget_upload("read")

    assert uploads.get_files("tab", ["read"]) == []


def test_nobody_is_asked_for_our_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object, **__: object) -> None:
        raise AssertionError("a blocking request on the event loop")

    monkeypatch.setattr(net_util, "_external_ip", None)
    monkeypatch.setattr(net_util, "_make_blocking_http_get", ask)

    streamlit_mends.ask_nobody_for_our_address()

    assert net_util.get_external_ip() == ""
    assert not server_util.is_url_from_allowed_origins("https://evil.example")


def test_a_tab_that_was_closed_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "self._session_mgr = " in inspect.getsource(Runtime), "Streamlit has no Runtime._session_mgr any more"
    assert "self._session_storage = " in inspect.getsource(WebsocketSessionManager), "it keeps sessions elsewhere now"
    storage, now = MemorySessionStorage(), [0.0]
    storage._cache = TTLCache(maxsize=128, ttl=120, timer=lambda: now[0])
    runtime = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=storage))
    monkeypatch.setattr(streamlit_mends, "get_instance", lambda: runtime)
    closed = type("Closed", (), {"session": SimpleNamespace(id="a")})()
    storage.save(closed)
    gone = weakref.ref(closed)
    del closed

    now[0] = 119
    streamlit_mends.forget_left_tabs()
    assert gone() is not None

    now[0] = 121
    streamlit_mends.forget_left_tabs()
    assert gone() is None


@pytest.mark.parametrize(
    ("kind", "sent", "taken"),
    [
        ("string_value", WidgetState(string_value="words"), "words"),
        ("string_value", WidgetState(), UNTOUCHED),
        ("double_value", WidgetState(int_value=3), 3),
        ("json_value", WidgetState(json_value='{"a": 1}'), {"a": 1}),
        ("string_value", WidgetState(bool_value=True), UNTOUCHED),
        ("bool_value", WidgetState(string_value="words"), UNTOUCHED),
        ("trigger_value", WidgetState(int_value=3), UNTOUCHED),
        ("string_array_value", WidgetState(bytes_value=b"words"), UNTOUCHED),
        ("json_value", WidgetState(json_value="{"), UNTOUCHED),
        ("json_value", WidgetState(json_value="[" * 100_000), UNTOUCHED),
    ],
)
def test_a_value_of_another_kind_was_never_sent(
    monkeypatch: pytest.MonkeyPatch, kind: Any, sent: WidgetState, taken: object
) -> None:
    monkeypatch.setattr(WStates, "__getitem__", WStates.__getitem__)
    refused = list[str]()
    streamlit_mends.take_only_what_a_widget_sends(lambda: refused.append("a value"))
    states = WStates({"a": Serialized(sent)})
    states.set_widget_metadata(
        WidgetMetadata(
            id="a",
            deserializer=lambda value: UNTOUCHED if value is None else value,
            serializer=lambda value: value,
            value_type=kind,
        )
    )

    assert [states[key] for key in states] == [taken]
    assert refused == (["a value"] if taken is UNTOUCHED and sent.WhichOneof("value") else [])
