"""Which run of a page goes before which, by Streamlit's own queue of requests."""

from __future__ import annotations

import pytest
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from pages.parts import streamlit_mends


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
