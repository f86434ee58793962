from __future__ import annotations

import math

import pytest

from services.core.talk.agenda import Agenda, is_question
from tests.core.talk.scripts import TEXTS, plan


def test_the_greeting_has_no_question() -> None:
    agenda = Agenda(plan())

    assert (agenda.question_id, agenda.position, agenda.begun, agenda.done) == (None, (0, 3), False, False)
    assert agenda.hard_at == math.inf


def test_questions_come_in_order_then_it_is_done() -> None:
    agenda = Agenda(plan(2))

    assert [agenda.advance(), agenda.advance(), agenda.advance()] == ["q1", "q2", None]
    assert (agenda.done, agenda.question_id, agenda.asked_ids) == (True, None, ("q1", "q2"))


def test_position_counts_questions_put() -> None:
    agenda = Agenda(plan(3))

    agenda.advance("q2")

    assert (agenda.position, agenda.question) == ((1, 3), plan(3).questions[1])


def test_a_question_jumped_over_comes_later() -> None:
    agenda = Agenda(plan(3))

    order = [agenda.advance("q3"), agenda.advance(), agenda.advance()]

    assert order == ["q3", "q1", "q2"]


def test_advancing_to_the_current_question_keeps_its_clock() -> None:
    agenda = Agenda(plan(seconds=90))
    agenda.advance("q1", at=10)
    agenda.follow_up()

    agenda.advance("q1", at=50)

    assert (agenda.follow_ups_asked, agenda.over_budget(100)) == (1, True)


def test_going_back_asks_no_question_twice() -> None:
    agenda = Agenda(plan(2))
    agenda.advance("q1")
    agenda.advance("q2")

    agenda.advance("q1")

    assert (agenda.question_id, agenda.asked_ids) == ("q1", ("q1", "q2"))


def test_advancing_to_an_unknown_question_fails() -> None:
    with pytest.raises(KeyError):
        Agenda(plan()).advance("q9")


def test_a_skipped_question_is_remembered_once() -> None:
    agenda = Agenda(plan(2))
    agenda.advance()

    assert [agenda.skip(), agenda.advance("q1"), agenda.skip()] == ["q2", "q1", None]
    assert agenda.skipped_ids == ("q1",)


def test_skipping_the_greeting_skips_no_question() -> None:
    agenda = Agenda(plan())

    assert (agenda.skip(), agenda.skipped_ids) == ("q1", ())


@pytest.mark.parametrize(
    ("at", "over", "hard"),
    [(0, False, False), (99.9, False, False), (100, True, False), (144.9, True, False), (145, True, True)],
)
def test_a_question_has_a_budget(at: float, over: bool, hard: bool) -> None:
    agenda = Agenda(plan(seconds=90))

    agenda.advance(at=10)

    assert (agenda.over_budget(at), at >= agenda.hard_at) == (over, hard)


@pytest.mark.parametrize(
    ("count", "seconds", "left_s", "budget_s"),
    [
        (3, 90, 900, 90),
        (3, 90, 270, 90),
        (3, 90, 216, 72),
        (3, 90, 180, 60),
        (3, 90, 179, 89.5),
        (3, 90, 119, 90),
        (1, 90, 70, 70),
        (1, 90, 20, 20),
    ],
)
def test_time_is_shared_but_never_below_a_minute(count: int, seconds: int, left_s: float, budget_s: float) -> None:
    agenda = Agenda(plan(count, seconds), talk_until_s=left_s)

    agenda.advance(at=0)

    assert (agenda.over_budget(budget_s - 0.01), agenda.over_budget(budget_s + 0.01)) == (False, True)


@pytest.mark.parametrize(("at", "following"), [(239, "q2"), (240, "q2"), (241, None)])
def test_a_question_without_a_minute_left_is_not_reached(at: float, following: str | None) -> None:
    agenda = Agenda(plan(3), talk_until_s=300)
    agenda.advance(at=0)

    assert agenda.advance(at=at) == following
    assert agenda.done is (following is None)


def test_the_first_question_is_asked_however_late() -> None:
    assert Agenda(plan(), talk_until_s=10).advance(at=30) == "q1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXTS[1], "q2"),
        ("Thanks. Next: which failures did your payment service actually survive?", "q2"),
        ("Let's talk about splitting a monolith: what would make you split it into services?", "q3"),
        (TEXTS[0], "q1"),
        ("Which failures?", None),
        ("I see, thank you.", None),
        ("", None),
    ],
)
def test_a_question_is_recognised_by_its_words(text: str, found: str | None) -> None:
    agenda = Agenda(plan())
    agenda.advance()

    assert agenda.recognise(text) == found


def test_a_question_asked_earlier_is_not_recognised() -> None:
    agenda = Agenda(plan())
    agenda.advance()
    agenda.advance()

    assert agenda.recognise(TEXTS[0]) is None


def test_a_question_of_short_words_is_never_recognised() -> None:
    short = plan(1).questions[0].model_copy(update={"text": "Why do you do it?"})
    agenda = Agenda(plan(1).revised((short,)))

    assert agenda.recognise("Why do you do it?") is None


@pytest.mark.parametrize(
    ("said", "follow_ups"),
    [
        ([TEXTS[0]], 0),
        (["Ready to begin?", TEXTS[0]], 0),
        ([TEXTS[0], "Why an index?"], 1),
        ([TEXTS[0], "I see.", "And if it is locked?"], 1),
        ([TEXTS[0], TEXTS[0], "Tell me about the plan it chose."], 1),
        (["What is slow?", "What else is slow?", "Anything more?"], 2),
    ],
)
def test_what_follows_the_question_is_a_follow_up(said: list[str], follow_ups: int) -> None:
    agenda = Agenda(plan())
    agenda.advance()

    for text in said:
        agenda.said(text)

    assert agenda.follow_ups_asked == follow_ups


def test_nothing_follows_up_on_the_greeting() -> None:
    agenda = Agenda(plan())

    agenda.said("I see.")

    assert agenda.follow_ups_asked == 0


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Why?", True),
        ("Walk me through it.", True),
        ("Okay. Please describe the index.", True),
        ("I see, thank you.", False),
        ("Take your time.", False),
        ("You gave an example.", False),
        ("", False),
    ],
)
def test_an_invitation_is_a_question(text: str, asks: bool) -> None:
    assert is_question(text) is asks
