"""What people are told when something cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.core import errors
from services.core.errors import PhoneScreenError
from services.core.talk.events import CloseCause


def kinds(of: type[PhoneScreenError] = PhoneScreenError) -> Iterator[type[PhoneScreenError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


READY_MADE = [
    errors.InterviewNotFound(),
    errors.InterviewAlreadyOpen("i1"),
    errors.InsufficientCredit(14, 15),
    errors.ConsentMissing(),
    errors.TranscriptGone(),
    errors.AnalysisFailed(),
    errors.CallGone(),
    errors.DatabaseAway(),
    errors.LinesBusy(),
    errors.ServerClosing(),
    errors.DailySpendReached(),
    errors.SignInRequired(),
    errors.SignInRequired("Your sign-in has expired."),
    errors.NoInterviewOpen(),
    errors.InterviewLive(),
    errors.TokenIssued(),
    errors.QuotaExceeded("Guests may begin 1 a day, and that is used up.", datetime(2026, 11, 28, tzinfo=UTC)),
]


@pytest.mark.parametrize("error", READY_MADE)
def test_an_error_is_whole_sentences(error: PhoneScreenError) -> None:
    assert str(error) == error.sentence
    assert error.sentence[0].isupper()
    assert error.sentence.endswith(".")


def test_the_tree_at_the_top_names_every_error() -> None:
    listed = re.findall(r"^[ │├└─]*─ (\w+)", errors.__doc__ or "", re.MULTILINE)

    assert sorted(listed) == sorted(kind.__name__ for kind in kinds())


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in kinds()]

    assert len(codes) == len(set(codes))


def test_only_a_refusal_is_not_worth_another_try() -> None:
    final = [
        kind for kind in kinds(errors.ProviderError) if issubclass(kind, errors.ProviderError) and not kind.retryable
    ]

    assert final == [errors.ProviderRefused]
    assert errors.ProviderDropped("Gone.", CloseCause.NETWORK).cause is CloseCause.NETWORK
