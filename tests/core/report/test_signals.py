"""Signs of substance in what was said, clause by clause."""

from __future__ import annotations

import pytest

from services.core.plan.bank import bank
from services.core.plan.taxonomy import vocabulary_of
from services.core.report.clauses import MAX_CLAUSE_WORDS, clauses_of, is_prose
from services.core.report.signals import Signal, disowns, signs_in
from services.core.talk.transcript import Speaker, Turn

SUBJECT = vocabulary_of(bank().clusters["relational"])


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("I rewrote the migration over the weekend with a colleague", Signal.EXAMPLE),
        ("we have been building our own schema tool since spring", Signal.EXAMPLE),
        ("so now we run the migration every night on a copy", Signal.EXAMPLE),
        ("the planner chose a nested loop and the locks piled up", Signal.DETAIL),
        ("the index moved over to MongoDB", Signal.DETAIL),
        ("it took about forty five minutes", Signal.FIGURE),
        ("CPU was at 95% all day", Signal.FIGURE),
        ("latency fell from 900 ms to 120 ms", Signal.OUTCOME),
        ("the problem never happened again", Signal.OUTCOME),
        ("the downside was slower writes", Signal.TRADE_OFF),
        ("we considered sharding as well", Signal.ALTERNATIVE),
        ("the first try failed badly", Signal.LIMIT),
        ("since then I always check the plan", Signal.PRINCIPLE),
        ("because the index was bloated", Signal.REASON),
    ],
)
def test_signs_of_substance_are_recognised(text: str, signal: Signal) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert signs_in(clause, SUBJECT, frozenset()).signals & signal


@pytest.mark.parametrize(
    "text",
    [
        "I would have added an index on that table",
        "I have never used replication in any of my projects",
        "we need indexes on every table of the database",
        "one should always keep the schema small and tidy",
        "we used it",
        "now I think about it the schema was small and tidy",
        "I watched the migration of the ledger schema with a colleague",
        "I only watched the rollout while they rebuilt the whole schema",
        "I read a book where they versioned the schema and kept the tables",
        "I saw the other team rebuild and our colleague migrated it",
        "we talked about the schema and wanted another index for it",
        "I was told about the index and the lock of it later",
    ],
)
def test_what_was_not_done_is_no_example(text: str) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert not signs_in(clause, SUBJECT, frozenset()).signals & Signal.EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "I read the output of explain and dropped two of the indexes",
        "I saw a sequential scan and added an index to the ledger",
        "my colleague and I rebuilt the schema of the ledger",
    ],
)
def test_deed_after_looking_is_an_example(text: str) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert signs_in(clause, SUBJECT, frozenset()).signals & Signal.EXAMPLE


@pytest.mark.parametrize(
    ("text", "disowned"),
    [
        ("To be honest my colleague did the migration.", True),
        ("a colleague did it", True),
        ("i only watched he added a column", True),
        ("I was not involved in that.", True),
        ("We weren't part of it, sadly.", True),
        ("I didn't do it myself.", True),
        ("I only watched the dashboards.", False),
        ("I was not involved in the frontend, I rebuilt the API.", False),
        ("My colleague did the frontend and I did the backend.", False),
        ("Another team built the gateway.", False),
    ],
)
def test_work_of_others_is_plainly_disowned(text: str, disowned: bool) -> None:
    assert disowns(text) is disowned


@pytest.mark.parametrize(("who", "own"), [("I", True), ("we", False), ("now we", False)])
def test_after_disowning_only_what_they_did_alone_counts(who: str, own: bool) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, f"{who} backfilled the column of the ledger in batches", 0, 1))

    assert bool(signs_in(clause, SUBJECT, frozenset(), disowned=True).signals & Signal.EXAMPLE) is own


def test_words_of_the_question_are_no_detail() -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, "it was about the index and the lock", 0, 1))

    assert signs_in(clause, SUBJECT, clause.stems).signals & Signal.DETAIL == Signal.NONE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("I dropped an index, which cut writes from 90 ms to 40 ms.", "cut writes from 90 ms to 40 ms"),
        ("The report went from forty seconds to 0.3", "from forty seconds to 0.3"),
        ("Night pages fell from twelve a week to two.", "fell from twelve a week to two"),
        ("Errors fell from 40 a day to zero.", "fell from 40 a day to zero"),
        ("It went down to 300 milliseconds.", "went down to 300 milliseconds"),
        ("We brought the job down to five minutes.", "brought the job down to five minutes"),
        ("It saved us about two days a week.", "saved us about two days"),
        ("Reads were 30 percent faster", "30 percent faster"),
        ("It took 40 minutes instead of a whole night.", "40 minutes instead of"),
        ("The number of locks halved.", "halved"),
        ("A token is good for up to ten minutes.", None),
        ("We changed the column from integer to bigint on a table with 1.4 billion rows.", None),
        ("I kept the tokens in a table for under 30 days.", None),
        ("Less than five services were on call from 9 to 5.", None),
        ("We dropped a key of a table with 2 million rows.", None),
    ],
)
def test_outcome_is_a_change_that_was_measured(text: str, shown: str | None) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert signs_in(clause, SUBJECT, frozenset()).shown.get(Signal.OUTCOME) == shown


@pytest.mark.parametrize("text", ["CPU was at 95% in İstanbul", "CPU was at 95% in Berlin"])
def test_figure_is_shown_as_it_was_said(text: str) -> None:
    (clause,) = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert signs_in(clause, SUBJECT, frozenset()).shown[Signal.FIGURE] == "95%"


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("we put an index on the table", True),
        ("Kubernetes Docker Terraform Helm", False),
        ("the the the the the the", False),
        ("so I did", False),
    ],
)
def test_lists_and_noise_are_no_prose(text: str, prose: bool) -> None:
    assert is_prose(tuple(text.casefold().split())) is prose


def test_captions_without_full_stops_are_cut_at_joints() -> None:
    text = "we had a table with many rows and the query was slow so i looked at the plan " * 4

    clauses = clauses_of(Turn("t1", Speaker.CANDIDATE, text, 0, 1))

    assert all(len(clause.words) <= MAX_CLAUSE_WORDS for clause in clauses)
    assert {clause.words[0] for clause in clauses[1:]} <= {"so", "and", "we", "i"}


def test_captions_without_joints_are_cut_by_length() -> None:
    clauses = clauses_of(Turn("t1", Speaker.CANDIDATE, "lamp " * 100, 0, 1))

    assert [len(clause.words) for clause in clauses] == [32, 32, 32, 4]
