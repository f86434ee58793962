"""What the sample interview asks, and what its synthetic candidate says: answers good, middling and thin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.core.plan.plan import Competency, Domain, Level, Plan, Question, Skill
from services.core.report.rubric import GENERIC_ANCHORS

ROLE = "Senior Backend Engineer. You run PostgreSQL in production, keep payments reliable and own our services."
PLAN = Plan(
    role_title="Senior Backend Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(Skill(name="PostgreSQL", jd_phrase="PostgreSQL in production"),),
    competencies=(
        Competency(id="c1", name="Databases", anchors=GENERIC_ANCHORS),
        Competency(id="c2", name="Reliability", anchors=GENERIC_ANCHORS),
        Competency(id="c3", name="Architecture", anchors=GENERIC_ANCHORS),
    ),
    questions=(
        Question(
            id="q1",
            text="Tell me about a slow query that you found and fixed in PostgreSQL.",
            purpose="Whether they diagnose before they change, and measure after.",
            competency_id="c1",
            jd_phrase="PostgreSQL in production",
            follow_ups=("How did you make sure that the fix held?",),
            seconds=90,
        ),
        Question(
            id="q2",
            text="How have you kept a service running when another one it depends on was down?",
            purpose="Whether they design for failure and know its price.",
            competency_id="c2",
            jd_phrase="keep payments reliable",
            follow_ups=("What did that cost you?",),
            seconds=90,
        ),
        Question(
            id="q3",
            text="When would you split a service out of a larger application?",
            purpose="Whether they weigh a decision, with a case of their own.",
            competency_id="c3",
            jd_phrase="own our services",
            follow_ups=("Which case of your own do you have in mind?",),
            seconds=60,
        ),
        Question(
            id="q4",
            text="Walk me through an incident that you led, from the first alert to what changed afterwards.",
            purpose="Whether they stay in command and leave the system better.",
            competency_id="c2",
            jd_phrase="keep payments reliable",
            follow_ups=("What would you do differently today?",),
            seconds=90,
        ),
    ),
    made_by="written for the sample",
)
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "q1": (
        "Last year our order history page took nine seconds. I ran explain analyze and saw a sequential scan over "
        "forty million rows, because the index did not cover the sort column. I built a composite index on customer "
        "and date, concurrently, at night, and the page went down to eighty milliseconds. The price was six gigabytes "
        "of disk and three percent slower writes, which we measured before we accepted it.",
        "I put the query on our dashboard with an alert at two hundred milliseconds, and we replayed a day of "
        "production traffic in staging first. Half a year later it is still below one hundred.",
    ),
    "q2": (
        "Our checkout calls a tax service that used to be down for a few minutes every week. I gave the call a timeout "
        "of three hundred milliseconds, two retries and a circuit breaker, and we fall back to the last known rate. "
        "Failed checkouts dropped a lot, though I do not remember the exact number.",
        "We sometimes charged an old rate, about twenty orders a month, so a nightly job finds and corrects those.",
    ),
    "q3": (
        "Usually when it gets too big. Small services scale better and teams can move faster, so I would probably "
        "split most things early. We did that at my last company and I think it went well, but I was not really "
        "involved in that decision.",
        "Reporting, I would say. It took most of the database's time at night, so I moved it to a replica first, and a "
        "separate service came later.",
    ),
    "q4": (
        "In March our payment queue stopped at nine in the evening. I led the call: one person looked at the workers, "
        "I looked at the broker, and its disk was full. We paused the two loudest producers, freed the disk, and were "
        "back after twenty five minutes. Afterwards I added an alert at seventy percent, and a limit for each queue, "
        "because one noisy team must not stop payments.",
        "I would page the second person at once. I lost ten minutes trying it alone.",
    ),
}
"""For each question: what is said to it, then to its follow-ups."""


@dataclass(frozen=True)
class Script:
    """One interview with a candidate who knows what to say."""

    role: str
    plan: Plan
    answers: Mapping[str, tuple[str, ...]]
    interrupts: frozenset[str] = frozenset()
    """Answers, by their first words, that begin while Ema still speaks."""


SAMPLE = Script(ROLE, PLAN, ANSWERS)
_MINUTE_PLAN = PLAN.model_copy(update={"questions": PLAN.questions[:1], "competencies": PLAN.competencies[:1]})
MINUTE = Script(
    ROLE,
    _MINUTE_PLAN,
    {
        "q1": (
            "Our order history page took nine seconds. I ran explain analyze, found a sequential scan over forty "
            "million rows, and built a composite index. It went down to eighty milliseconds, and the price was six "
            "gigabytes of disk.",
            "Let me jump in there. We replayed a day of production traffic in staging first, and I put an alert on it "
            "at two hundred milliseconds. Half a year later it still holds.",
        ),
    },
    interrupts=frozenset({"Let me jump in"}),
)
"""One question, a follow-up that the candidate interrupts, and a goodbye: what `scripts/minute.py` records."""
