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
