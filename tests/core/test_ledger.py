"""The ledger's arithmetic: append-only, each key once, never below zero."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.core.errors import InsufficientCredit
from services.core.ledger import EntryKind, LedgerEntry, adjustment, balance, debit, post, refund, signup_grant

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
INTERVIEWS = st.sampled_from(["i1", "i2", "i3"])
COSTS = st.integers(1, 40)

grants = st.builds(signup_grant, st.sampled_from(["u1", "u2"]), st.integers(1, 60), st.just(AT))
debits = st.builds(debit, INTERVIEWS, COSTS, st.just(AT))
refunds = st.builds(lambda interview, cost: refund(debit(interview, cost, AT), "why", AT), INTERVIEWS, COSTS)
adjustments = st.builds(
    adjustment,
    st.just("u1"),
    st.integers(-40, 40).filter(bool),
    st.integers(1, 3),
    st.just("Correction."),
    st.just(AT),
)
sequences = st.lists(st.one_of(grants, debits, refunds, adjustments), max_size=25)


def posted(sequence: list[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The ledger after these, leaving out what is refused."""
    entries: tuple[LedgerEntry, ...] = ()
    for entry in sequence:
        try:
            entries = post(entries, entry)
        except InsufficientCredit:
            continue
    return entries


@given(sequences)
def test_balance_is_the_sum_at_every_step(sequence: list[LedgerEntry]) -> None:
    entries = posted(sequence)

    running = [balance(entries[: length + 1]) for length in range(len(entries))]
    assert all(value >= 0 for value in running)
    assert balance(entries) == sum(entry.amount for entry in entries)


@given(sequences)
def test_each_key_is_there_once(sequence: list[LedgerEntry]) -> None:
    keys = [entry.key for entry in posted(sequence)]

    assert len(keys) == len(set(keys))


@given(sequences, debits)
def test_repeated_debit_changes_nothing(sequence: list[LedgerEntry], entry: LedgerEntry) -> None:
    once = posted([*sequence, entry])

    assert posted([*sequence, entry, entry]) == once


@given(sequences, sequences)
def test_entries_never_change_afterwards(first: list[LedgerEntry], later: list[LedgerEntry]) -> None:
    before = posted(first)

    assert posted([*first, *later])[: len(before)] == before


def test_refund_gives_back_what_the_debit_took() -> None:
    charged = debit("i1", 15, AT)

    back = refund(charged, "The voice provider failed.", AT)

    assert (back.amount, back.interview_id) == (15, "i1")
    assert back.reason == "Refund: The voice provider failed."


def test_debit_beyond_the_balance_is_refused() -> None:
    entries = post((), signup_grant("u1", 14, AT))

    with pytest.raises(InsufficientCredit, match="costs 15 credits and you have 14"):
        post(entries, debit("i1", 15, AT))


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("grant", 0), ("grant", -1), ("debit", 0), ("debit", 1), ("refund", 0), ("refund", -1), ("adjust", 0)],
)
def test_entry_with_the_wrong_sign_is_refused(kind: str, amount: int) -> None:
    with pytest.raises(ValidationError, match="makes no sense"):
        LedgerEntry(amount=amount, kind=EntryKind(kind), key="k", reason="r", created_at=AT)


@pytest.mark.parametrize("amount", [-3, 3])
def test_adjustment_goes_both_ways(amount: int) -> None:
    assert adjustment("u1", amount, 1, "Correction.", AT).amount == amount
