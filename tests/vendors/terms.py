"""A small plan and its terms, for tests of the voices."""

from __future__ import annotations

from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.vendors.base import Terms

PLAN = Plan(
    role_title="Backend Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(Skill(name="PostgreSQL", jd_phrase="You know PostgreSQL inside out"),),
    competencies=(Competency(id="c1", name="Data", anchors=("none", "some", "good", "great")),),
    questions=(
        Question(id="q1", text="How do you find a slow query?", purpose="diagnosis", competency_id="c1",
                 jd_phrase="PostgreSQL", follow_ups=("What did the query plan show?",), seconds=120),
        Question(id="q2", text="Tell me about a migration you ran.", purpose="care", competency_id="c1",
                 jd_phrase="migrations", seconds=120),
    ),
    made_by="test",
)  # fmt: skip
TERMS = Terms(PLAN, Pace.PATIENT, limit_s=900, wrap_up_s=60, candidate_name="Ada")
