"""Pieces become one text, placeholders become no words, and words nobody confirmed stay uncertain."""

from __future__ import annotations

import pytest

from services.core.talk.events import AgentText, UserText
from services.core.talk.transcript import UNCERTAIN, UNRECOGNISED, Speaker, Utterance, count_words, joined


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["I ran", "the cluster", "for our shop."], "I ran the cluster for our shop."),
        (["I ran", " the clus", "ter", " for us."], "I ran the cluster for us."),
        (["Post", "gres", " is", " fine."], "Postgres is fine."),
        (
            ["It failed. ", "Then we", " fixed it.", "After that it ran."],
            "It failed. Then we fixed it. After that it ran.",
        ),
        (["It cost 3.", "5 euros", " a day"], "It cost 3.5 euros a day"),
        (["a read", "-only replica", ", mostly"], "a read-only replica, mostly"),
        (["我们用", "缓存。"], "我们用缓存。"),
        (["मैंने", "डेटाबेस", "बदला"], "मैंने डेटाबेस बदला"),
        (["It cost", "$30", "(twice)", "a month"], "It cost $30 (twice) a month"),
        (["It grew", "5", "%", "a week"], "It grew 5% a week"),
        (["in C", "++", "and Go"], "in C++ and Go"),
        (["two-", "phase", "read", "/write locks"], "two-phase read/write locks"),
        (["", "Yes", ""], "Yes"),
        ([], ""),
    ],
)
def test_pieces_are_joined_where_words_end(pieces: list[str], text: str) -> None:
    assert joined(pieces) == text


def test_pieces_of_emas_are_joined_as_they_are() -> None:
    entry = Utterance(Speaker.EMA)
    for piece in ("How do yo", "u version ", "an API?"):
        entry.write(AgentText("a1", piece, append=True, final=False))

    assert entry.said == "How do you version an API?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I ran it - twice.", 4),
        (".", 0),
        ("…", 0),
        ("<noise>", 0),
        ("[BLANK_AUDIO]", 0),
        ("(silence)", 0),
        ("*coughs*", 0),
        ("[BLANK_AUDIO] [BLANK_AUDIO]", 0),
        ("[Music].", 0),
        ("(crowd) [noise] ...", 0),
        ("♪ upbeat music ♪", 0),
        ("【音楽】", 0),
        ("*args, **kwargs", 2),
        (UNRECOGNISED, 0),
        ("", 0),
        ("(silence) then I ran it", 5),
        ("我们用缓存减少延迟", 5),
        ("Redis を使いました", 4),
    ],
)
def test_words_are_counted_as_the_language_counts_them(text: str, words: int) -> None:
    assert count_words(text) == words


def test_text_of_nothing_but_signs_is_counted_at_once() -> None:
    assert [count_words(text) for text in ("*" * 4000 + "a", "[" * 4000, "- " * 2000 + "b")] == [1, 0, 1]


def written(*texts: str, final: bool) -> Utterance:
    entry = Utterance(Speaker.CANDIDATE)
    for number, text in enumerate(texts, 1):
        entry.write(UserText("u1", text, append=False, final=final and number == len(texts)))
    return entry


def test_partial_survives_a_recogniser_that_gives_up() -> None:
    entry = written("I moved the ledger", UNRECOGNISED, final=True)

    assert (entry.text, entry.confidence, entry.final) == ("I moved the ledger", UNCERTAIN, True)


def test_noise_takes_back_a_partial() -> None:
    assert written("Hmm", "[noise]", final=True).text == ""


@pytest.mark.parametrize(("final", "confidence"), [(False, UNCERTAIN), (True, None)])
def test_words_are_uncertain_when_none_better_came(final: bool, confidence: float | None) -> None:
    entry = written("I moved the ledger", final=final)

    entry.doubt()

    assert entry.confidence == confidence
