"""What a report costs us on top of the model's own time, for an interview of 15 minutes and 60 turns.

    python -m benchmarks.analysis            # prints the table; exits with 1 over the limit

The model is a local vendor over a real socket that thinks for a fixed time. Overhead is the report's time minus the
model's share of it: one round of readings side by side.
"""

from __future__ import annotations

import statistics
import sys
import time

from services.analyst.register import text_model
from services.analyst.text import TextAnalyst
from services.core.plan.bank import samples
from services.core.plan.plan import Plan
from services.core.report.assembly import hear
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.settings import Settings
from tests.said import STRONG
from tests.simulators.text_models import MODELS, TextModelSimulator

LIMIT_MS = 300.0
TURNS = 60
ROUNDS = 7
THINKS_S = 1.0
MODEL_ROUNDS = 1
"""Readings, all at once."""


def interview(plan: Plan) -> tuple[Turn, ...]:
    """Sixty turns: each answer in pieces, with Ema asking further in between, and no two the same."""
    said: list[Turn] = []
    texts = list(STRONG.values())
    for number in range(TURNS):
        question = plan.questions[number * len(plan.questions) // TURNS]
        at = number * 15_000
        if number % 2 == 0:
            probe = question.follow_ups[0] if number % 4 and question.follow_ups else question.text
            said.append(Turn(f"t{number}", Speaker.EMA, probe, at, at + 4000, question.id))
        else:
            text = f"In project {number} {texts[number % len(texts)]} That was in year {2000 + number}."
            said.append(Turn(f"t{number}", Speaker.CANDIDATE, text, at, at + 12_000, question.id, confidence=0.9))
    return tuple(said)


def measure(vendor: str) -> tuple[list[float], int]:
    """Milliseconds of overhead for each round, and how many requests were under way at once."""
    with TextModelSimulator(vendor, thinks_s=THINKS_S) as sim:
        model = text_model(Settings(**sim.settings))
        assert model is not None
        analyst = TextAnalyst(model)
        plan = analyst.plan(samples()[1].text, lambda _: None)
        turns = interview(plan)
        conditions = Conditions(asked_question_ids=tuple(question.id for question in plan.questions))
        overheads = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            report = analyst.report(hear(plan, turns, conditions), 900, lambda _: None)
            overheads.append((time.perf_counter() - began - MODEL_ROUNDS * THINKS_S) * 1000)
            assert report.contract is not None, report.conditions
            assert any(rating.score for rating in report.competencies)
        return overheads, sim.at_once


def main() -> int:
    print(f"{TURNS} turns, model thinks {THINKS_S} s a request, {ROUNDS} reports, overhead in ms")
    print(f"{'vendor':8} {'median':>8} {'most':>8} {'at once':>8}")
    worst = 0.0
    for vendor in MODELS:
        overheads, at_once = measure(vendor)
        median = statistics.median(overheads)
        worst = max(worst, median)
        print(f"{vendor:8} {median:8.0f} {max(overheads):8.0f} {at_once:8}")
    print(f"limit {LIMIT_MS:.0f} ms: {'kept' if worst < LIMIT_MS else 'MISSED'}")
    return 0 if worst < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
