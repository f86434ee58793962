"""A quote is shown only when it was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.report.clauses import MASK
from services.core.report.quotes import MAX_QUOTE, find_span, in_context

SAID = "So, first we tried pg_repack; then - after the outage - I wrote a back-fill job, and it took 40 minutes."
WORDS = st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("first we tried pg_repack", True),
        ("FIRST WE TRIED PG_REPACK!", True),
        ("after the outage I wrote a back fill job", True),
        ("it took forty minutes", False),
        ("after the outage I wrote one back-fill job and it took", True),
        ("I wrote two jobs", False),
        ("it took 40 minutes so first", False),
        ("", False),
        ("—", False),
    ],
)
def test_quote_is_checked_word_for_word(quote: str, said: bool) -> None:
    assert (find_span(quote, SAID) is not None) is said


def test_nothing_was_said_in_an_empty_turn() -> None:
    assert find_span("anything", "") is None


def test_span_is_what_was_really_said() -> None:
    assert find_span("THEN AFTER the outage i wrote", SAID) == "then - after the outage - I wrote"


@given(WORDS, st.data())
def test_every_run_of_words_verifies(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))

    assert find_span(" ".join(words[start:end]).upper() + ".", ", ".join(words))


@given(WORDS, WORDS)
def test_words_never_said_do_not_find_span(words: list[str], others: list[str]) -> None:
    assert not find_span(" ".join(f"{word}z" for word in others), " ".join(words))


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=20, max_size=40), st.data())
def test_one_edit_in_ten_words_is_tolerated(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    edited = [*words[:at], *data.draw(st.sampled_from([["zz"], [], [words[at], "zz"]])), *words[at + 1 :]]

    assert find_span(" ".join(edited), " ".join(words))


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=10, max_size=40))
def test_more_edits_are_not_tolerated(words: list[str]) -> None:
    edited = [word if at % 5 else "zz" for at, word in enumerate(words)]

    assert not find_span(" ".join(edited), " ".join(words))


def shown(text: str, crop: str) -> str | None:
    stretch = in_context(text, text.index(crop), text.index(crop) + len(crop))
    return None if stretch is None else text[slice(*stretch)]


PLAIN = "We moved the index to a replica, and reads became faster. It took two days."
WISH = "I wish I could say that I designed the sharding."
NOT = "We did not lose a single order that night, because I replayed the log."
LONG = "I wish I could tell you that " + "after many weeks of careful work on it all " * 4 + "I designed the sharding."
CAPTIONS = (
    "so we had this table with forty million rows and we wrote a backfill that ran in batches and then the lag grew"
    " because the replica was small and we rolled it back and in the end it was fine and my colleague told me that he"
    " would have stopped it earlier"
)
BEFORE = (
    "he never told me about the lock, on Monday the import took nine hours and then the lag grew on the replica for"
    " most of the day and then the table was fine again in the evening and then the nightly job ran as it always had"
)
AFTER = (
    "the lag grew on the replica for most of the day and then the table was fine again in the evening and then the"
    " nightly job ran as it always had, the import took nine hours, he never told me about the lock"
)


@pytest.mark.parametrize(
    ("text", "crop", "stands"),
    [
        (PLAIN, "moved the index", "We moved the index to a replica, and reads became faster."),
        (PLAIN, "replica, and reads", "We moved the index to a replica, and reads became faster."),
        (PLAIN, "took two days", "It took two days."),
        (WISH, "I designed the sharding", WISH),
        (NOT, "I replayed the log", NOT),
        (LONG, "I designed the sharding", None),
        ("I cut it in half. No, wait, that was Ann.", "cut it in half", "I cut it in half. No, wait, that was Ann."),
        ("I cut the cost in half. That was a lie", "cut the cost in half", "I cut the cost in half. That was a lie"),
        (CAPTIONS, "a backfill that ran", "we wrote a backfill that ran in batches"),
        (CAPTIONS, "it was fine", CAPTIONS[CAPTIONS.index("we rolled") :]),
        (CAPTIONS, "told me that", CAPTIONS[CAPTIONS.index("we rolled") :]),
        (BEFORE, "the import took nine hours", "he never told me about the lock, on Monday the import took nine hours"),
        (AFTER, "the import took nine hours", "the import took nine hours, he never told me about the lock"),
        ("In my dreams I rewrote it.", "I rewrote it", "In my dreams I rewrote it."),
        ("I cut it in half. Joking.", "cut it in half", "I cut it in half. Joking."),
        ("I led it. Well, to be exact a vendor did.", "I led it", "I led it. Well, to be exact a vendor did."),
        ("I led it. Sorry, that was Ann.", "I led it", "I led it. Sorry, that was Ann."),
        (f"We ran it at {MASK} for a year.", f"it at {MASK} for", None),
        ("word " * 60, "word word word", None),
    ],
)  # fmt: skip
def test_crop_is_shown_with_what_would_turn_it_round(text: str, crop: str, stands: str | None) -> None:
    assert shown(text, crop) == stands


@given(
    st.lists(st.sampled_from(["we", "ran,", "it.", "not", "they", "and", "because", "fast", "nodes!"]), min_size=1),
    st.data(),
)
def test_whatever_is_shown_holds_the_crop_and_is_short(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    if stretch := in_context(text, start, end):
        assert stretch[1] - stretch[0] <= MAX_QUOTE
        assert text[start:end].strip(" ,") in text[slice(*stretch)]
