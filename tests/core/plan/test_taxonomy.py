"""Skills are found however they are written, and the bank behind them is sound."""

from __future__ import annotations

from itertools import combinations

import pytest

from services.core.plan.bank import BankQuestion, Sample, SkillCluster, bank, samples, stem
from services.core.plan.phrases import MAX_PHRASE, phrase_around, says_it_of_the_job
from services.core.plan.plan import Level
from services.core.plan.taxonomy import mentions

SHAPES = [(cluster, shape) for cluster in bank().clusters.values() for shape in cluster.questions]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We use postgres and k8s", ["PostgreSQL", "Kubernetes"]),
        ("React, react.js and REST", ["React", "React", "REST APIs"]),
        ("You react to incidents and rest well", []),
        ("Write Go or golang", ["Go", "Go"]),
        ("Go to market, go live, Go beyond", []),
        ("C, C++ and C#", ["C", "C++", "C#"]),
        ("R&D with C-level managers", []),
        ("statistics in R", ["Statistics", "R"]),
        (".NET Core and ASP.NET", ["ASP.NET", "ASP.NET"]),
        ("CI/CD, ci / cd", ["CI/CD", "CI/CD"]),
        ("使用Python开发", ["Python"]),
        ("使用 Python 开发", ["Python"]),
        ("infrastructure as code", ["Infrastructure as code"]),
        ("real-time operating system", ["RTOS"]),
        ("machine\nlearning", []),
        ("", []),
    ],
)
def test_skills_are_found_in_their_spellings(text: str, names: list[str]) -> None:
    assert [mention.name for mention in mentions(text)] == names


def test_bank_is_as_wide_as_promised() -> None:
    assert sum(len(cluster.entries) for cluster in bank().clusters.values()) >= 120
    assert len(SHAPES) >= 120


def test_no_spelling_means_two_skills() -> None:
    clusters = bank().clusters.values()
    spellings = [alias for cluster in clusters for entry in cluster.entries for alias in set(entry.aliases)]

    assert len(spellings) == len(set(spellings))


def test_every_question_is_written_once() -> None:
    texts = [shape.text for _, shape in SHAPES]

    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("cluster", bank().clusters.values(), ids=bank().clusters)
def test_every_cluster_has_questions_for_each_level(cluster: SkillCluster) -> None:
    for_level = [sum(level in shape.levels for shape in cluster.questions) for level in Level]

    assert cluster.competency in bank().competencies
    assert min(for_level) >= 1


@pytest.mark.parametrize(("cluster", "shape"), SHAPES, ids=lambda part: getattr(part, "key", ""))
def test_questions_can_be_said_aloud(cluster: SkillCluster, shape: BankQuestion) -> None:
    spoken = [shape.text, *shape.follow_ups]

    assert cluster.questions
    assert all(len(text.split()) <= 40 for text in spoken)
    assert all(text[0].isupper() and text[-1] in ".?" and text.count("?") <= 1 for text in spoken)


def test_anchors_are_written_for_each_competency() -> None:
    anchors = [anchor for kind in bank().competencies.values() for anchor in kind.anchors]

    assert len(set(anchors)) == 4 * len(bank().competencies)


@pytest.mark.parametrize(
    ("text", "skill", "phrase"),
    [
        ("- You will design APIs in Python.", "Python", "design APIs in Python"),
        ("Requirements: solid Python and SQL", "Python", "solid Python and SQL"),
        ("We love tests. Python is used; SQL too.", "Python", "Python is used"),
        ("Tools (Docker, Python) and more", "Python", "Tools (Docker, Python) and more"),
        ("(UI and API) using Python", "Python", "using Python"),
        ("(REST, Python)", "Python", "REST, Python"),
        ("Knowledge of Python is an advantage.", "Python", "Knowledge of Python"),
        ("Experience with Python is highly welcome", "Python", "Experience with Python"),
        ("SQL and Python knowledge required", "Python", "SQL and Python knowledge"),
        ("You ship. Nice: tuning, Python", "Python", "tuning, Python"),
        ("Python is a plus", "Python", "Python"),
        ("We use many things (e.g. Python or similar", "Python", "e.g. Python or similar"),
        ("other things), Python and SQL", "Python", "Python and SQL"),
        ("Python (and SQL", "Python", "Python"),
        ("Python) and SQL", "Python", "Python"),
        ("and with Python for the", "Python", "Python"),
        ("1. Own Python – and nothing else", "Python", "Own Python"),
        ("Python", "Python", "Python"),
        ("Python: a language we use", "Python", "Python: a language we use"),
        ("You run CI - CD for us", "CI - CD", "run CI - CD for us"),
    ],
)
def test_phrase_is_the_clause_around_a_skill(text: str, skill: str, phrase: str) -> None:
    at = text.index(skill)

    assert phrase_around(text, at, at + len(skill)) == phrase


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("You will write Python.", True),
        ("Python is our language.", True),
        ("At Acme you write Python.", True),
        ("Not only Python, but SQL too.", True),
        ("We don't have Python.", False),
        ("You need no prior Python.", False),
        ("Hard work without Python.", False),
        ("Acme is a provider of Python training.", False),
        ("At Acme, Zen Labs builds Python tools.", False),
    ],
)
def test_what_the_job_has_not_and_the_company_sells_is_not_asked(text: str, asked: bool) -> None:
    at = text.index("Python")

    assert says_it_of_the_job(text, at, at + 6) is asked


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (
            "Own the pipelines that load 200 million events a day with Python, including those that are late",
            "Own the pipelines that load 200 million events a day with Python",
        ),
        (
            "Keep data safe: threat modelling and Python in every service that the merchants of our platform depend on",
            "threat modelling and Python in every service that the merchants of our platform depend",
        ),
        (
            "Use Python for the billing of all our customers in Europe: and look after the machines it runs on",
            "Use Python for the billing of all our customers in Europe",
        ),
        ("Donaudampfschifffahrtsgesellschaft " * 3 + "Python " + "Rindfleischetikettierung " * 4, None),
    ],
)
def test_long_clause_is_cut_at_a_joint(text: str, phrase: str | None) -> None:
    at = text.index("Python")

    cut = phrase_around(text, at, at + 6)

    assert len(cut) <= MAX_PHRASE
    assert "Python" in cut
    assert phrase in (None, cut)


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.key)
def test_phrases_are_verbatim_and_short(sample: Sample) -> None:
    text = sample.text
    phrases = [phrase_around(text, mention.start, mention.end) for mention in mentions(text)]

    assert phrases
    assert all(phrase in text and len(phrase) <= MAX_PHRASE for phrase in phrases)


@pytest.mark.parametrize(
    "forms",
    [
        ("migrate", "migrates", "migrated", "migrating"),
        ("query", "queries"),
        ("index", "indexes", "indexing"),
        ("stop", "stopped"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert all(stem(one)[:4] == stem(two)[:4] for one, two in combinations(forms, 2))
