"""Private words with a form are found by libraries, in the words and in what the recogniser wrote."""

from __future__ import annotations

import pytest

from services.analyst.privacy import without_private_words
from services.core.report.clauses import MASK
from services.core.talk.transcript import Speaker, Turn


def shown(text: str, speaker: Speaker = Speaker.CANDIDATE, recognised: str | None = None) -> Turn:
    (turn,) = without_private_words([Turn("t1", speaker, text, 0, 1000, recognised=recognised)])
    return turn


@pytest.mark.parametrize(
    "secret",
    [
        "+49 176 12345678",
        "(212) 555-0143",
        "030 901820",
        "anna.b@example.com",
        "<anna@example.org>,",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    ],
)
def test_secret_with_a_form_is_masked(secret: str) -> None:
    turn = shown(f"You reach the team under {secret} and we run Kafka.")

    assert secret.strip("<>,") not in turn.text
    assert MASK in turn.text
    assert turn.text.endswith("we run Kafka.")


@pytest.mark.parametrize(
    "work",
    [
        "We went from 40000 rows to 1200 and from 900 to 300 milliseconds.",
        "It listened on 10.0.0.12:5432 and on port 8080.",
        "We tagged @deprecated and pushed to main@{1}.",
        "Version 3.11.4 of 2026-11-28 fixed it.",
    ],
)
def test_figures_of_the_work_stay(work: str) -> None:
    assert shown(work).text == work


def test_what_the_recogniser_wrote_is_masked_too() -> None:
    turn = shown("We run Kafka.", recognised="We run Kafka, I was pregnant then.")

    assert turn.recognised == f"We run Kafka, {MASK}."


def test_words_of_the_interviewer_stay() -> None:
    assert shown("How was your pregnancy test suite?", Speaker.EMA).text == "How was your pregnancy test suite?"
