from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.observe.cost import Cost, cost_of, row_of, total
from services.observe.estimate import computed, measured, typical_usage

TODAY = datetime(2026, 11, 28, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 2, tzinfo=UTC)
MILLION = 1_000_000
QUARTER_HOUR = 900_000


def usd(provider: str, model: str, quantities: Mapping[str, int], at: datetime = TODAY) -> Decimal | None:
    cost = cost_of(provider, model, quantities, at)
    return None if cost is None else cost.usd


@pytest.mark.parametrize(
    ("provider", "model", "quantities", "dollars"),
    [
        ("openai", "gpt-realtime-2.1", {"input_text": MILLION}, "4"),
        ("openai", "gpt-realtime-2.1", {"input_audio": MILLION}, "32"),
        ("openai", "gpt-realtime-2.1", {"input_cached_text": MILLION}, "0.40"),
        ("openai", "gpt-realtime-2.1", {"input_cached_audio": MILLION}, "0.40"),
        ("openai", "gpt-realtime-2.1", {"output_text": MILLION}, "24"),
        ("openai", "gpt-realtime-2.1", {"output_audio": MILLION}, "64"),
        ("openai", "gpt-realtime-2.1-mini", {"input_audio": MILLION, "output_audio": MILLION}, "30"),
        ("openai", "gpt-realtime-2.1", {"transcription_audio_ms": 3_600_000}, "0.27"),
        ("openai", "gpt-realtime-2.1", {"transcription_input_audio": 36_000, "transcription_output_text": 9}, "0.27"),
        ("gemini", "gemini-3.8-live", {"input_audio": MILLION, "input_text": MILLION}, "3.75"),
        ("gemini", "gemini-3.8-live", {"output_audio": MILLION, "output_thoughts": MILLION}, "16.50"),
        ("gemini", "gemini-3.8-flash", {"input_tokens": MILLION, "cached_input_tokens": MILLION}, "0.825"),
        ("gemini", "gemini-3.8-flash", {"output_tokens": MILLION}, "3.75"),
        ("openai", "gpt-6.1-terra", {"input_tokens": 100_000, "output_tokens": 100_000}, "0.60"),
        ("xai", "grok-voice-3.0", {"connection_ms": QUARTER_HOUR, "text_items": 10}, "1.24"),
        ("elevenlabs", "ElevenLabs agent", {"connection_ms": QUARTER_HOUR}, "1.20"),
        ("offline", "espeak-ng", {"connection_ms": QUARTER_HOUR}, "0"),
    ],
)
def test_a_cost_is_what_the_vendors_page_says(
    provider: str, model: str, quantities: Mapping[str, int], dollars: str
) -> None:
    assert usd(provider, model, quantities) == Decimal(dollars)


def test_a_price_is_the_one_of_its_day() -> None:
    counts = {"output_tokens": MILLION}

    assert usd("gemini", "gemini-3.8-flash", counts, NEXT_YEAR) == Decimal("7.50")


@pytest.mark.parametrize(
    ("provider", "model", "quantities"),
    [
        ("openai", "gpt-nobody-knows", {"input_audio": 10}),
        ("xai", "grok-voice-3.0", {"input_tokens": 310, "output_tokens": 120}),
        ("elevenlabs", "ElevenLabs agent", {"characters": 12}),
        ("openai", "gpt-realtime-2.1", {}),
        ("somebody", "gemini-3.8-live", {"input_audio": 10, "transcription_audio_ms": 2000}),
    ],
)
def test_what_has_no_known_price_has_no_cost(provider: str, model: str, quantities: Mapping[str, int]) -> None:
    assert cost_of(provider, model, quantities, TODAY) is None


def test_a_vendors_later_record_makes_ours_an_estimate() -> None:
    connection = {"connection_ms": 60_000, "text_items": 3, "input_audio": 10, "output_audio": 10}
    costs = {
        model: cost_of(provider, model, connection, TODAY)
        for provider, model in (
            ("elevenlabs", "ElevenLabs agent"),
            ("xai", "grok-voice-3.0"),
            ("gemini", "gemini-3.8-live"),
            ("openai", "gpt-realtime-2.1"),
        )
    }

    assert {model: cost is not None and cost.estimated for model, cost in costs.items()} == {
        "ElevenLabs agent": True,
        "grok-voice-3.0": True,
        "gemini-3.8-live": False,
        "gpt-realtime-2.1": False,
    }
    assert None not in costs.values()


def test_own_prices_hold_from_their_first_day() -> None:
    assert row_of("elevenlabs", date(2025, 12, 31)) is None


def test_a_total_says_what_it_leaves_out() -> None:
    costs = [Cost(Decimal("0.5"), "a"), None, Cost(Decimal("0.25"), "b", estimated=True)]

    assert total(costs) == (Decimal("0.75"), True, 1)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["input_text", "input_audio", "input_cached_text", "input_cached_audio", "output_audio"]),
        st.integers(1, 10**6),
        min_size=1,
    ),
    st.integers(1, 50),
)
def test_turns_cost_what_their_sum_costs(turn: dict[str, int], turns: int) -> None:
    one = usd("openai", "gpt-realtime-2.1", turn)
    all_of_them = usd("openai", "gpt-realtime-2.1", {name: count * turns for name, count in turn.items()})

    assert one is not None
    assert all_of_them == one * turns


def test_gemini_reads_the_conversation_again_at_every_exchange() -> None:
    # By hand: 30 exchanges of 15 s heard and 12 s spoken at 25 tokens/s: 27 s x 25 x (0 + 1 + … + 29) + 15 s x 25 x 30
    # = 304,875 tokens at 3 USD a million, 9,000 spoken at 12, 90,000 of instructions at 0.75.
    by_hand = Decimal("0.914625") + Decimal("0.108") + Decimal("0.0675")

    cost = usd("gemini", "gemini-3.8-live", typical_usage("gemini"))

    assert cost is not None
    assert abs(cost / by_hand - 1) < Decimal("0.03")


@pytest.mark.parametrize(
    ("provider", "model", "by_hand"),
    [
        # Each exchange hears 150 tokens and says 240. Read again: 390 x (0 + 1 + … + 29) = 169,650, nine tenths cached.
        # 21,465 audio in, 152,685 cached, 11,700 text in, 78,300 cached, 7,200 audio out, 450 s transcribed at 0.27/h.
        ("openai", "gpt-realtime-2.1", "0.686880 + 0.061074 + 0.046800 + 0.031320 + 0.460800 + 0.033750"),
        ("openai", "gpt-realtime-2.1-mini", "0.214650 + 0.045806 + 0.007020 + 0.004698 + 0.144000 + 0.033750"),
        ("xai", "grok-voice-3.0", "1.20 + 0.08"),  # 15 min x 0.08, 20 text items x 0.004
        ("elevenlabs", "ElevenLabs agent", "1.20"),  # 15 min x 0.08
        ("offline", "espeak-ng", "0"),
    ],
)
def test_a_typical_interview_costs_what_the_vendors_page_makes_it(provider: str, model: str, by_hand: str) -> None:
    cost = usd(provider, model, typical_usage(provider))

    assert cost is not None
    assert abs(cost - sum(map(Decimal, by_hand.split(" + ")))) < Decimal("0.001")


@pytest.mark.parametrize(
    ("provider", "model", "a_minute"),
    [
        ("gemini", "gemini-3.8-live", "0.073"),
        ("openai", "gpt-realtime-2.1", "0.088"),
        ("openai", "gpt-realtime-2.1-mini", "0.030"),
        ("xai", "grok-voice-3.0", "0.085"),
        ("elevenlabs", "ElevenLabs agent", "0.080"),
        ("offline", "espeak-ng", "0.000"),
    ],
)
def test_a_minute_is_estimated_from_a_typical_interview(provider: str, model: str, a_minute: str) -> None:
    price = computed(provider, model, TODAY)

    assert price is not None
    assert (price.usd, price.interviews) == (Decimal(a_minute), 0)


def test_no_estimate_is_made_for_an_unknown_model() -> None:
    assert computed("openai", "gpt-nobody-knows", TODAY) is None


def test_own_interviews_say_what_a_minute_cost() -> None:
    spent = [(Decimal("1.00"), 600, date(2026, 11, day)) for day in (3, 5, 4)]

    price = measured(spent)

    assert price is not None
    assert (price.usd, price.interviews, price.read_on) == (Decimal("0.100"), 3, date(2026, 11, 5))


def test_too_few_interviews_measure_nothing() -> None:
    assert measured([(Decimal("1.00"), 600, date(2026, 11, 3))] * 2) is None
