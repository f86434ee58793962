"""What postings really say: which words lead to which question, and which to none."""

from __future__ import annotations

import pytest

from services.core.plan.phrases import first_phrases, is_quotable, phrase_around
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
        ("Back up to S3-compatible storage", set()),
        ("Read more at https://jobs.example/java/kafka.html or write to rust@example.org", set()),
        ("Real-time collaboration for lawyers", set()),
        ("Real-time firmware for motors", {"firmware"}),
        ("Debug interfaces (IDoc, RFC, BAPI)", set()),
        ("Write RFCs and review designs", {"architecture"}),
    ],
)
def test_words_lead_to_questions_about_their_subject(line: str, clusters: set[str]) -> None:
    assert {skill.cluster.key for skill in read_skills(line, "", kinds_of_lines(line))} == clusters


@pytest.mark.parametrize(
    "name",
    ["Arista", "Fortinet", "CyberArk", "SonarQube", "VXLAN", "Keycloak", "Azure Data Factory", "AUTOSAR", "JBoss"],
)
def test_a_product_is_named_as_the_posting_names_it(name: str) -> None:
    line = f"Requirements: experience with {name}"

    assert [skill.entry.name for skill in read_skills(line, "", kinds_of_lines(line))] == [name]


def test_a_label_is_one_of_its_own_paragraph() -> None:
    posting = f"{ONE_LINE}\n\nApply: write to us.\n\nYou will tune Elasticsearch."

    assert "Elasticsearch" in {skill.name for skill in make_plan(posting).skills}


@pytest.mark.parametrize(
    "line",
    [
        "MSc in robotics, computer vision or similar",
        "A federal agency needs developers for its Python systems",
        "Python certificate is an advantage, not a must, for us and for anybody else in this very large company here",
    ],
)
def test_schooling_and_sentences_of_others_are_no_quotes(line: str) -> None:
    assert not is_quotable(line)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("- ISTQB certificate is an advantage, not a must", "ISTQB certificate"),
        ("You'll need the ISTQB certificate", "the ISTQB certificate"),
        ("You must have an ISTQB certificate", "an ISTQB certificate"),
        ("know ISTQB and its limits", "ISTQB and its limits"),
    ],
)
def test_openers_and_merits_are_no_part_of_a_phrase(text: str, phrase: str) -> None:
    at = text.index("ISTQB")

    assert phrase_around(text, at, at + 5) == phrase


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
