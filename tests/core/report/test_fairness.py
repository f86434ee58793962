"""What a report never speaks of."""

from __future__ import annotations

import pytest

from services.core.plan.bank import bank
from services.core.report import answers, assembly, codes
from services.core.report.fairness import is_personal, prying_words


@pytest.mark.parametrize(
    "sentence",
    [
        "My wife was ill, so I fixed the database at night.",
        "I was pregnant when we migrated.",
        "I am 52 years old and I have run Kubernetes since 2016.",
        "After my paternity leave I rebuilt the pipeline.",
        "As a woman I had to argue twice for the index.",
        "My partner and I had moved in together by then.",
        "My child was sick when the pager went off.",
        "I’m disabled, so I work from home.",
        "We were sick for two weeks.",
        "As a man I was the only one.",
        "I was told that I am 52 years old and too slow for the system.",
    ],
)
def test_private_life_is_recognised(sentence: str) -> None:
    assert is_personal(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The health check of the instance family failed.",
        "The cache had an age of two days.",
        "We were sick of flaky tests.",
        "My child process died.",
        "My partner and I paired on it.",
        "It was open to anybody as a man in the middle.",
        "The code base was 15 years old.",
        "I rewrote a 12 year old Perl script and a 30 years old system.",
        "We were ill-prepared for it.",
    ],
)
def test_technical_words_are_not_private(sentence: str) -> None:
    assert not is_personal(sentence)


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Her accent made it hard to follow.", "accent"),
        ("Sounded nervous at first.", "Sounded nervous"),
        ("A confident speaker.", "confident"),
        ("Shows enthusiasm.", "enthusiasm"),
        ("They’re disabled and say so.", "They're disabled"),
        ("Speaks of being disabled.", "being disabled"),
        ("A disabled person.", "disabled person"),
        ("Disabled since birth.", "Disabled since birth"),
        ("Lives with a disability.", "disability"),
        ("Is a friendly person.", "friendly"),
        ("Fluent in English.", "Fluent"),
        ("Shows negative sentiment.", "sentiment"),
        ("Speaks of their children.", "children"),
        ("Names their race or religion.", "race or religion"),
        ("Hesitated before the answer.", "Hesitated"),
        ("How confident they were in it was clear.", "confident"),
        ("The candidate is about 52 years old.", "years old"),
        ("The project lead is 52 years old.", "years old"),
        ("Explains a lock, with figures.", None),
        ("Says that they disabled autovacuum, and that it was disabled for a week.", None),
        ("Describes a sentiment model they retrained.", None),
        ("Names two child tables and their children.", None),
        ("Made a user-friendly form and shipped logs with Fluent Bit.", None),
        ("Weighs a race or replay attack.", None),
        ("Says that the code base was about 15 years old.", None),
    ],
)
def test_claims_about_the_person_are_found(sentence: str, word: str | None) -> None:
    assert prying_words(sentence) == word


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How old are you?", "How old"),
        ("What is your date of birth?", "date of birth"),
        ("Tell me the password you use most.", "Tell me the password"),
        ("What is your work password?", "your work password"),
        ("What are the digits of your credit card?", "your credit card"),
        ("Are you disabled?", "Are you disabled"),
        ("How confident are you about yourself?", "confident"),
        ("Do you want to have children?", "children"),
        ("What about your family and your health?", "your family"),
        ("Tell me about a password reset flow you reviewed.", None),
        ("Which password policy did you choose?", None),
        ("How did you keep credit card data out of logs?", None),
        ("Tell me about a rule that you disabled.", None),
        ("How confident were you in its severity?", None),
        ("When did you hesitate to block a release?", None),
        ("Tell me about a race or replay attack you found.", None),
        ("How old was the data by then, and how did your health checks tell?", None),
    ],
)
def test_question_is_about_the_work_alone(question: str, word: str | None) -> None:
    assert prying_words(question) == word


def test_nothing_the_rules_can_write_is_forbidden() -> None:
    sentences = [
        *(text for kind in bank().competencies.values() for text in (kind.name, *kind.anchors)),
        *(shape.purpose for cluster in bank().clusters.values() for shape in cluster.questions),
        *codes.CHECKLIST.values(),
        *codes._SAYS.values(),
        *codes._TO_YOU.values(),
        *codes.ADVICE.values(),
        *answers.NO_ANSWER.values(),
        *assembly._ENDED.values(),
    ]

    assert [sentence for sentence in sentences if prying_words(sentence)] == []
