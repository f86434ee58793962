"""Ema who interrupts herself: told by the words that come of it, and stopped after two in a row."""

from __future__ import annotations

import pytest

from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.events import Announce, LetFinish
from services.core.talk.self_interruption import HEADPHONES, SelfInterruptions, echoes
from tests.core.talk.scripts import begins, greeted, hears, play

ASKS = "Which failures did your payment service survive, and what did they cost?"
STOPPED = [LetFinish(), Announce(HEADPHONES)]


@pytest.mark.parametrize(
    ("heard", "own"),
    [
        ("failures did your payment service survive", True),
        ("Which failure did your payment service survive", True),
        ("Sorry, which failures do you mean?", False),
        ("the payment", False),
        ("Our queue lost its messages twice.", False),
        ("", False),
    ],
)
def test_her_own_words_come_back(heard: str, own: bool) -> None:
    assert echoes(heard, ASKS) is own


def test_words_without_an_interruption_are_the_candidates() -> None:
    assert SelfInterruptions().heard(ASKS, 1.0) == (False, False)


def test_late_words_of_the_turn_before_say_nothing_of_an_interruption() -> None:
    judged = SelfInterruptions()
    judged.interrupted(ASKS, 20.0)

    assert judged.heard(ASKS, 12.0) == (False, False)
    assert judged.heard(ASKS, 20.0) == (True, False)


def test_words_that_come_late_are_judged_by_what_she_was_saying_then() -> None:
    judged = SelfInterruptions()
    judged.interrupted(ASKS, 20.0)
    judged.interrupted("Please go on.", 30.0)

    assert judged.heard("did your payment service survive", 20.0) == (True, False)
    assert judged.heard("did your payment service survive", 31.0) == (False, False)
    assert judged.heard("did your payment service survive", 32.0) == (False, False)


def test_a_third_interruption_before_any_words_is_the_last() -> None:
    judged = SelfInterruptions()

    assert [judged.interrupted(ASKS, at) for at in (20.0, 30.0, 40.0, 50.0)] == [False, False, True, False]


def test_words_of_somebody_else_leave_only_what_came_after_them_open() -> None:
    judged = SelfInterruptions()
    judged.interrupted(ASKS, 20.0)
    judged.interrupted(ASKS, 30.0)

    assert judged.heard("We lost a queue once.", 20.0) == (False, False)
    assert judged.interrupted(ASKS, 40.0) is False
    assert judged.interrupted(ASKS, 50.0) is True


@pytest.mark.parametrize(("told_after", "stops"), [(-0.2, True), (0.2, True), (-2.0, False), (2.0, False)])
def test_what_was_no_louder_than_her_echo_is_hers_whatever_words_are_made_of_it(told_after: float, stops: bool) -> None:
    talk, done = greeted(), list[e.Action]()
    for number, text in enumerate(("Power, we are here.", "We look at it.")):
        at = 20.0 + 10 * number
        script = [*begins(f"b{number}", ASKS, at, number), *hears(f"v{number}", text, at + 2, at + 4)]
        script = sorted([*script, (at + 2 + told_after, e.EchoLeaked())], key=lambda each: each[0])
        done += [action for _, action in play(talk, script) if isinstance(action, LetFinish | Announce)]

    assert done == (STOPPED if stops else [])


def interrupted_by(talk: Conversation, *words: str) -> list[e.Action]:
    done: list[e.Action] = []
    for number, text in enumerate(words):
        at = 20.0 + 10 * number
        script = [*begins(f"b{number}", ASKS, at, number), *hears(f"v{number}", text, at + 2, at + 4)]
        done += [action for _, action in play(talk, script) if isinstance(action, LetFinish | Announce)]
    return done


@pytest.mark.parametrize(
    ("words", "done"),
    [
        (("which failures did your payment service", "did your payment service survive"), STOPPED),
        (("", ""), STOPPED),
        (("[noise]", "failures did your payment service"), STOPPED),
        (("・", "failures did your payment service"), STOPPED),
        (("failures did your payment service", "We lost a queue once.", "which failures did your payment"), []),
        (("We lost a queue once.", "And then we found it again."), []),
        (("which failures did your payment service",), []),
        (("", "", "", ""), STOPPED * 2),
        (("(speech, not recognised)", "(speech, not recognised)"), STOPPED),
        (("your payment", "Which"), STOPPED),
        (("the queue", "Which"), []),
    ],
)
def test_after_two_in_a_row_she_finishes_her_sentences(words: tuple[str, ...], done: list[e.Action]) -> None:
    assert interrupted_by(greeted(), *words) == done


def test_what_she_said_herself_is_no_answer() -> None:
    talk = greeted()
    interrupted_by(talk, "failures did your payment service survive")
    again = e.UserText("v0", "failures did your payment service survive", append=True, final=True)

    play(talk, [(25, again)])

    assert not [turn for turn in talk.turns if "survive" in turn.text and turn.speaker == "candidate"]
