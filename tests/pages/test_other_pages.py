"""History, credits and preflight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.core import ledger
from services.core.interview import Status
from services.identity.quotas import Action, Quotas
from services.preflight import Result
from services.settings import Settings
from services.tools.toolbox import ServerState
from services.vendors.base import Capabilities, Check
from tests.identity.test_sign_in import OIDC
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, interview
from tests.pages.parts import FakeParts, FakeVoice


def test_history_leads_to_the_newest_report(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept = {
        name: interview(status, name) for name, status in (("a", Status.SETUP), ("b", Status.COMPLETE))
    }
    app = visit("history")

    app.button(key="open_report").click().run()

    assert app.query_params["id"] == "b"
    assert app.metric[0].value == "67 %"


def test_an_empty_history_leads_to_start(visit: Open) -> None:
    app = visit("history")

    assert app.title[0].value == "History"
    assert "No interviews yet" in app.header[0].value
    app.button(key="first").click().run()
    assert app.button(key="prepare")


def test_history_sums_up_what_there_is(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept = {one.id: one for one in (interview(Status.COMPLETE), interview(Status.SETUP, "i2"))}

    app = visit("history")

    assert app.markdown[0].value == "**2** interviews · **1** report · **11:12** in calls"


@pytest.mark.parametrize(
    ("index", "told"),
    [(0, ""), (2, "stopped at question 3 of 6"), (5, "all 6 questions asked")],
)
def test_history_says_where_an_interview_stopped(visit: Open, parts: FakeParts, index: int, told: str) -> None:
    parts.interviews.kept["i1"] = interview(Status.FAILED, current_question_index=index)

    app = visit("history")

    assert told in app.caption[0].value
    assert ("question" in app.caption[0].value) == bool(told)


def test_credits_list_every_entry_with_its_interview(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    parts.interviews.entries.append(ledger.debit("i1", 15, BEGAN))

    app = visit("credits")

    assert app.metric[0].value == "45 credits"
    assert "Senior Backend Engineer, Payments" in app.caption[0].value


def test_a_charge_for_a_deleted_interview_stays_listed(visit: Open, parts: FakeParts) -> None:
    parts.interviews.entries.append(ledger.debit("gone", 15, BEGAN))

    app = visit("credits")

    assert "an interview you deleted" in app.caption[0].value


def test_preflight_reports_database_and_voices(visit: Open) -> None:
    app = visit("preflight")

    badges = [block.value for block in app.markdown if "-badge[" in block.value]
    assert len(badges) == 5
    assert sum("Works" in badge for badge in badges) == 3


@pytest.mark.parametrize("address", ["start", "preflight"])
def test_a_second_witness_is_told_where_it_matters(visit: Open, parts: FakeParts, address: str) -> None:
    parts.settings = Settings(second_witness="local")
    offline = parts.providers["offline"]
    offline.info = replace(offline.info, capabilities=Capabilities(local_captions="Whisper"))

    app = visit(address)

    assert any("on this server hears" in caption.value for caption in app.caption)


def test_preflight_says_that_a_rough_recogniser_is_no_witness(visit: Open, parts: FakeParts) -> None:
    parts.settings = Settings(second_witness="local")
    offline = parts.providers["offline"]
    offline.info = replace(offline.info, capabilities=Capabilities(rough_captions=True, local_captions="PocketSphinx"))

    app = visit("preflight")

    assert any("PocketSphinx is too rough" in caption.value for caption in app.caption)


def test_preflight_says_which_tool_servers_are_connected(visit: Open, parts: FakeParts) -> None:
    parts.toolbox.servers = [ServerState("wiki", False, "The MCP server “wiki” could not be started.")]

    app = visit("preflight")

    assert any("wiki" in block.value for block in app.markdown)
    assert any("could not be started" in caption.value for caption in app.caption)


def test_a_voice_that_never_answers_holds_nothing_up(
    visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs() -> Check:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(parts.providers["offline"], "check", hangs)
    monkeypatch.setattr("services.vendors.looks.CHECK_S", 0.01)

    app = visit("preflight")

    assert any("No answer within" in caption.value for caption in app.caption)


def test_each_voice_is_talked_to_on_request(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk_to_all(providers: object, progress: Callable[[str, str], None]) -> list[Result]:
        progress("offline", "Speaking a sentence…")
        return [Result("offline", "Offline interviewer", True, "It answered.", 0.1, 0.2, 0.8)]

    monkeypatch.setattr("services.preflight.talk_to_all", talk_to_all)
    app = visit("preflight")

    app.button(key="talk_to_voices").click().run()

    assert app.status[0].label == "1 of 1 voices answered a spoken sentence."
    assert any("answer after 0\\.8 s" in caption.value for caption in app.caption)


def test_a_bug_is_loud_in_the_log_and_friendly_on_the_page(
    visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts.interviews.accounts, "ledger", lambda user_id: dict[str, int]()["typed words"])

    app = visit("credits")

    assert app.error[0].value.startswith("Something broke on our side")
    logged = capsys.readouterr().out
    assert "KeyError" in logged
    assert "typed words" not in logged.replace('dict[str, int]()["typed words"]', "")


# --- where people can sign in ----------------------------------------------------------------------------------------


@pytest.fixture
def open_door(parts: FakeParts, monkeypatch: pytest.MonkeyPatch) -> FakeParts:
    monkeypatch.setattr(parts, "settings", parts.settings.model_copy(update=OIDC))
    return parts


def test_a_guests_account_page_leads_to_the_sign_in(visit: Open, open_door: FakeParts) -> None:
    app = visit("account")

    assert not app.error
    assert app.button(key="sign_in_here").label == "Sign in"


def test_a_guest_without_credits_is_told_to_sign_in(visit: Open, open_door: FakeParts) -> None:
    open_door.interviews.entries.append(ledger.debit("i1", 50, BEGAN))

    app = visit()

    assert "Sign in for an account's credits" in app.warning[0].value
    assert app.button(key="sign_in_for_credits")


def test_no_page_of_a_guest_breaks(visit: Open, open_door: FakeParts) -> None:
    for name in ("start", "history", "credits", "account", "preflight", "admin"):
        assert not [error.value for error in visit(name).error if "our side" in error.value]


def test_talking_to_paid_voices_takes_a_quota(visit: Open, parts: FakeParts) -> None:
    parts.providers["openai"] = FakeVoice("openai", "OpenAI Realtime", ready=True, usd="0.10")
    parts.quotas = Quotas(Settings(quotas={"talk": {"guest": "1/hour"}}))
    parts.quotas.take(Action.TALK, parts.identity.there)
    app = visit("preflight")

    app.button(key="talk_to_voices").click().run()

    assert "may hold 1 talk with all voices" in app.error[0].value
