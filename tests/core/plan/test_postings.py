"""What postings really say: which words lead to which question, and which to none."""

from __future__ import annotations

import pytest

from services.core.plan.phrases import first_phrases
from services.core.plan.planning import make_plan
from services.core.plan.sections import kinds_of_lines
from services.core.plan.skills import read_skills

IOS = (
    "iOS Developer\nYou will join us and apply your skills.\n- Build features with Swift and SwiftUI\n"
    "- Experience with Core Data or Realm\n- Improve our crash-free rate with Fastlane\n- Write tests with XCTest"
)
ONE_LINE = (
    "Backend Developer\nWe are hiring! Python, Django, PostgreSQL, Redis, Docker, AWS, Terraform and Kafka skills."
)


@pytest.mark.parametrize(
    ("line", "clusters"),
    [
        ("Implementation of communication protocols (CAN, LIN)", {"hardware"}),
        ("Optimize inference on GPU with TensorRT", {"machine_learning"}),
        ("Optimise app performance and battery usage", {"performance"}),
        ("Conduct manual penetration tests", {"security_operations"}),
        ("Plan chaos experiments", {"reliability"}),
        ("Improve our crash-free rate with Fastlane", {"mobile_release"}),
        ("Store drafts with Core Data", {"mobile_data"}),
        ("Experience with Combine and Room", {"mobile_threads", "mobile_data"}),
        ("Combine tools. Room for growth.", set()),
        ("Prototype game mechanics in Unreal", {"games"}),
        ("Answer tickets of our help desk", {"support"}),
        ("Reporting to the VP of Sales", set()),
        ("We don't have product managers", set()),
        ("Zentech is a global provider of cloud-based HR software", set()),
    ],
)
def test_words_lead_to_questions_about_their_subject(line: str, clusters: set[str]) -> None:
    assert {skill.cluster.key for skill in read_skills(line, "", kinds_of_lines(line))} == clusters


def test_mobile_posting_is_asked_about_more_than_screens() -> None:
    plan = make_plan(IOS)

    assert plan.role_title == "iOS Developer"
    assert {competency.name for competency in plan.competencies} == {
        "User interface engineering",
        "Software craft",
        "Data storage and modelling",
        "Reliability and operations",
        "Testing and quality",
    }


def test_words_of_a_posting_are_quoted_once() -> None:
    plan = make_plan(ONE_LINE)
    quoted = [question for question in plan.questions if question.jd_phrase in question.text]

    assert len({question.jd_phrase for question in quoted}) == len(quoted)
    assert len({question.jd_phrase for question in plan.questions}) < len(plan.questions)


def test_question_is_kept_for_the_words_it_fits_best() -> None:
    plan = make_plan(
        "DevOps Engineer\nYou will apply your skills.\n- Build on Azure every day\n- Budget for cloud spend"
    )
    bill = next(question for question in plan.questions if "cloud bill" in question.text)

    assert bill.jd_phrase == "Budget for cloud spend"


def test_what_a_company_offers_is_not_asked() -> None:
    plan = make_plan(
        "Go Developer\nYou will write Go.\nRequirements: Go\nWhat we offer\n- Trips, lunch, Kubernetes training"
    )

    assert "Kubernetes" not in "".join(question.text for question in plan.questions)


def test_phrases_of_a_text_are_given_once() -> None:
    text = "Write Python every day.\n\n- You will write Python every day\n- Own builds\n-"

    assert list(first_phrases(text)) == ["Write Python every day", "write Python every day", "Own builds"]
