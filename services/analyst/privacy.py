"""Private words that have a form, found by kept libraries: e-mail addresses, phone numbers, keys of services.

Together with `core.report.privacy`, which knows those without a form, it stands before everything that reads words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import phonenumbers
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.stripe import StripeDetector
from email_validator import EmailNotValidError, validate_email

from services.core.report.privacy import masked
from services.core.report.screening import UNSCREENED, Screened
from services.core.report.witness import moved
from services.core.talk.transcript import Speaker, Turn

REGIONS = (None, "US", "GB", "DE", "IN")
"""Whose national way of writing a number is known; None: international, with its "+"."""
_KEYS: tuple[RegexBasedDetector, ...] = (
    AWSKeyDetector(),
    GitHubTokenDetector(),
    JwtTokenDetector(),
    OpenAIDetector(),
    SlackDetector(),
    StripeDetector(),
)
_WORD = re.compile(r"\S+")
_AROUND = ".,;:!?()<>[]\"'“”‘’"


def without_private_words(turns: Iterable[Turn], screened: Screened = UNSCREENED) -> tuple[Turn, ...]:
    """The turns, the candidate's with what is private masked: in the words, and in what the recogniser wrote."""
    return tuple(_masked(turn, screened) if turn.speaker is Speaker.CANDIDATE else turn for turn in turns)


def _masked(turn: Turn, screened: Screened) -> Turn:
    recognised = turn.recognised and masked(turn.recognised, _spans(turn.recognised), screened.is_private)
    text = masked(turn.text, _spans(turn.text), screened.is_private)
    return replace(turn, text=text, recognised=recognised, disputed=moved(turn.disputed, turn.text, text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where an address, a number or a key stands."""
    for region in REGIONS:
        for found in phonenumbers.PhoneNumberMatcher(text, region):
            yield found.start, found.end
    for word in _WORD.finditer(text):
        if "@" in word.group() and _is_address(word.group().strip(_AROUND)):
            yield word.span()
    for detector in _KEYS:
        for key in detector.analyze_string(text):
            start = text.find(key)
            yield start, start + len(key)


def _is_address(word: str) -> bool:
    try:
        return bool(validate_email(word, check_deliverability=False))
    except EmailNotValidError:
        return False
