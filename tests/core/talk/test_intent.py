"""A wish is a whole utterance; the same words inside an answer are an answer."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from services.core.talk.intent import Intent, affirms, confirms_end, declines, find_intent, is_done

_WISHES = Path(__file__).with_name("wishes")


def utterances(name: str) -> list[tuple[str, Intent | None]]:
    said = tomllib.loads((_WISHES / f"{name}.toml").read_text(encoding="utf-8"))
    return [(text, None if kind == "answers" else Intent(kind)) for kind, texts in said.items() for text in texts]


TUNED, FRESH = utterances("tuned"), utterances("fresh")
MISSED, TAKEN_FOR_WISHES = 14, 0
"""Of the fresh ones: wishes taken for answers or for other wishes, and answers taken for wishes."""


@pytest.mark.parametrize("intent", [*Intent, None])
def test_wish_and_answer_are_told_apart(intent: Intent | None) -> None:
    texts = [text for text, meant in TUNED if meant is intent]
    assert texts
    assert [text for text in texts if find_intent(text) is not intent] == []


def test_wishes_and_answers_in_unforeseen_words_are_told_apart_as_well_as_ever() -> None:
    wrong = {(text, intent) for text, intent in FRESH if find_intent(text) is not intent}
    taken = {text for text, intent in wrong if intent is None}
    missed = {text for text, intent in wrong if intent is not None}
    assert len(missed) <= MISSED, sorted(missed)
    assert len(taken) <= TAKEN_FOR_WISHES, sorted(taken)


@pytest.mark.parametrize(
    ("asked", "said", "intent"),
    [
        ("Does the worker retry, or does it stop?", "Stop.", None),
        ("Does the worker retry, or does it stop?", "Please stop.", Intent.END),
        ("Which did you try?", "Stop.", Intent.END),
        ("When would you skip a failing check?", "I'd rather skip.", None),
        ("When would you skip a failing check?", "Can we skip this question?", Intent.SKIP),
        ("Do you wait, or do you fail at once?", "Wait a minute.", None),
        ("What do you do with a call that takes too long?", "End the call.", None),
        ("What do you do with a call that takes too long?", "I don't know.", Intent.DONT_KNOW),
    ],
)
def test_words_of_the_question_are_a_wish_only_to_somebody(asked: str, said: str, intent: Intent | None) -> None:
    assert find_intent(said, asked=asked) is intent


@pytest.mark.parametrize(
    ("to_nobody", "to_ema"),
    [
        ("Close the session.", "Please close the session."),
        ("Ask it again.", "Ask it again, please."),
        ("Leave it out.", "Could we leave it out?"),
    ],
)
def test_words_of_work_are_a_wish_only_to_somebody(to_nobody: str, to_ema: str) -> None:
    assert find_intent(to_nobody) is None
    assert find_intent(to_ema)


def test_no_utterance_is_in_both_sets() -> None:
    assert not {text.lower() for text, _ in TUNED} & {text.lower() for text, _ in FRESH}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Sorry, I have no idea. Can we skip it?", Intent.SKIP),
        ("Wait, can you repeat that?", Intent.REPEAT),
        ("Hello? Can you hear me? I have to go.", Intent.END),
        ("I don't know, let me think.", Intent.DONT_KNOW),
    ],
)
def test_of_several_wishes_the_weightiest_counts(text: str, intent: Intent) -> None:
    assert find_intent(text) is intent


@pytest.mark.parametrize("text", ["", "...", "can you please " * 20 + "stop", "well and so " * 12, "okay so sorry"])
def test_nothing_and_endless_courtesies_are_no_wish(text: str) -> None:
    assert find_intent(text) is None


@pytest.mark.parametrize("confidence", [0.0, 0.03, 0.29])
def test_hardly_understood_wish_is_no_wish(confidence: float) -> None:
    assert find_intent("hang up", confidence) is None


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Yes.", True, False),
        ("yeah, you can", True, False),
        ("Okay, end the interview.", True, False),
        ("Stop.", True, False),
        ("Please.", True, False),
        ("Um, yes please, thank you.", True, False),
        ("That's right, let's stop.", True, False),
        ("Absolutely.", True, False),
        ("I'm sure, thanks.", True, False),
        ("Absolutely not.", False, True),
        ("Stop it with a signal.", False, False),
        ("No, thanks.", False, True),
        ("No, let's go on.", False, True),
        ("No, please don't end it.", False, True),
        ("Yes, we measured that with a replica.", False, False),
        ("No index was used.", False, False),
    ],
)
def test_yes_and_no_are_whole_utterances(text: str, yes: bool, no: bool) -> None:
    assert (affirms(text), declines(text)) == (yes, no)


@pytest.mark.parametrize(
    ("asked", "offers_end"),
    [
        ("Shall I end the interview here?", True),
        ("I understand. Would you like me to end the call now?", True),
        ("Shall we call it a day?", True),
        ("Do you want to go on, or shall I end here?", True),
        ("Is it okay if we stop here?", True),
        ("Did you stop the service first?", False),
        ("Should we close idle connections?", False),
        ("Would you like to finish that thought?", False),
        ("Shall I end it. I mean, which one did you use?", False),
    ],
)
def test_a_yes_ends_only_what_was_offered_to_end(asked: str, offers_end: bool) -> None:
    assert confirms_end(asked, "Yes.") is offers_end


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("I'm done.", True),
        ("Yes, I'm done with my answer, thanks.", True),
        ("done", True),
        ("That's all.", True),
        ("That was it.", True),
        ("I'm not done yet.", False),
        ("That is all we changed in the index.", False),
        ("Stop.", False),
        ("I'm done with the interview.", False),
        ("Yes.", False),
        ("", False),
    ],
)
def test_an_answer_is_said_to_be_over_in_its_own_words(text: str, done: bool) -> None:
    assert is_done(text) is done
