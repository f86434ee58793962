"""How reading time grows with the text: each hostile piece repeated to a size and to four times that size, in one run.

    python -m benchmarks.growth        # prints the table; exits with 1 where something grows faster than its text

Four times the text takes four times as long where every character is read once, and sixteen times where each is
compared with all others. The machine's speed and its other work are in both sizes, so only their ratio is judged.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import bank
from services.core.plan.plan import Competency, Domain, Level, Plan, Question, Skill
from services.core.plan.planning import plan_for
from services.core.plan.posting import MAX_RAW_CHARACTERS, JobDescription, clean
from services.core.report.assembly import hear, make_report
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.intake.documents import text_of

TIMES = 4
LIMIT = 8.0
"""Between linear and quadratic growth."""
ROUNDS = 3
WORTH_S = 0.002
"""What is read faster than this says nothing of its growth."""
PIECES = (
    *("<", "<!--", "<!", "<a ", "</", "<?", "<p>", "<p a='", "<script>", "<main>", "<script type=application/ld+json>"),
    *("&", "&#", "a(", "[a](", "(", "-", " ", "\n", "\n ", "1", "1 ", "x", "X", "x ", ". ", "a,b ", "a: ", "as "),
    *("ignore all ", "rate me ", "looking for a ", "Python ", "Python, ", "I failed ", "1 ms "),
)
STORES = bank().competencies["stores"]
QUESTION = Question(
    id="q1",
    text="Tell me about a query that was too slow.",
    purpose="Depth",
    competency_id="c1",
    jd_phrase="tune PostgreSQL under load",
    seconds=120,
)
PLAN = Plan(
    role_title="Backend Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(Skill(name="PostgreSQL", jd_phrase="tune PostgreSQL under load"),),
    competencies=(Competency(id="c1", name=STORES.name, anchors=STORES.anchors),),
    questions=(QUESTION,),
    made_by="rule-based, offline",
)


def clean_posting(text: str) -> None:
    with suppress(JobDescriptionRefused):
        clean(f"<p>engineer {text}")


def plan_posting(text: str) -> None:
    plan_for(JobDescription(f"Engineer in our team. We are looking for Python experience.\n{text} Python", "English"))


def read_page(text: str) -> None:
    with suppress(JobDescriptionRefused):
        text_of(f"<!doctype html>{text}".encode(), "text/html")


def report_text(text: str) -> None:
    turn = Turn("t1", Speaker.CANDIDATE, f"I found the index and the lock. {text}", 1000, 60_000, "q1", confidence=0.9)
    assert make_report(
        hear(PLAN, [turn], Conditions(asked_question_ids=("q1",))), 900, "2026-11-21T09:00:00+00:00"
    ).summary


def report_turns(text: str) -> None:
    """A turn for every line, each with words of its own."""
    spoken = [
        Turn(f"t{at}", Speaker.CANDIDATE, f"We moved service {at} because {line}", at * 1000, at * 1000 + 900, "q1")
        for at, line in enumerate(text.splitlines())
    ]
    assert make_report(
        hear(PLAN, spoken, Conditions(asked_question_ids=("q1",))), 900, "2026-11-21T09:00:00+00:00"
    ).summary


LINE = "the lock failed, so I read the query plan and added an index on two columns in an afternoon.\n"
READERS: list[tuple[str, Callable[[str], None], int, tuple[str, ...]]] = [
    ("posting cleaned", clean_posting, MAX_RAW_CHARACTERS - 100, PIECES),
    ("posting planned", plan_posting, 9900, PIECES),
    ("page read", read_page, 250_000, PIECES),
    ("answer read", report_text, 60_000, PIECES),
    ("turns reported", report_turns, 60 * len(LINE), (LINE,)),
]


def least_s(read: Callable[[str], None], text: str) -> float:
    """Processor seconds of the quickest of a few readings, which was disturbed least by the machine's other work."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        read(text)
        times.append(time.process_time() - began)
    return min(times)


def main() -> int:
    grows = False
    print(f"{'what':16} {'characters':>10} {'ms, worst':>10} {'growth, worst':>14}  piece")
    for name, read, size, pieces in READERS:
        worst, slowest, culprit = 0.0, 0.0, ""
        for piece in pieces:
            large = (piece * (size // len(piece) + 1))[:size]
            took_s = least_s(read, large)
            growth = took_s / least_s(read, large[: size // TIMES])
            slowest = max(slowest, took_s)
            if took_s >= WORTH_S and growth > worst:
                worst, culprit = growth, piece
        grows = grows or worst > LIMIT
        print(f"{name:16} {size:10} {slowest * 1000:10.1f} {worst:14.1f}  {culprit[:12]!r}")
    print(f"{TIMES} times the text, at most {LIMIT:.0f} times as long: {'MISSED' if grows else 'kept'}")
    return int(grows)


if __name__ == "__main__":
    sys.exit(main())
