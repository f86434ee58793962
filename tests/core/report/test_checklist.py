"""What rules find in words, and what turns such words round; how somebody speaks changes nothing."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from services.core.report.checklist import bears_out, disowns, holds, marks_in, says_unknown
from services.core.report.clauses import clauses_of
from services.core.report.codes import JUDGED, Code
from services.core.report.injection import addresses_the_rater
from services.core.report.privacy import masked
from services.core.talk.transcript import Speaker, Turn
from tests.core.report.derived import ANSWERS as DERIVED
from tests.core.report.forms import FORMS

C = Code


def found(text: str, asked: frozenset[str] = frozenset()) -> dict[Code, str]:
    turn = Turn("t1", Speaker.CANDIDATE, text, 0, 1000)
    return {code: words for clause in clauses_of(turn) for code, words in marks_in(clause, asked)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I moved the order table to a new cluster in May.", C.OWN_WORK),
        ("We are moving the order table to a cluster.", C.OWN_WORK),
        ("The order table was moved to the cluster by me.", C.OWN_WORK),
        ("It holds eleven million rows in one table.", C.FIGURE),
        ("Night pages fell from twelve a week to two.", C.OUTCOME),
        ("The page is nine seconds before, now it is 80 ms.", C.OUTCOME),
        ("It is faster at the cost of slower inserts.", C.TRADE_OFF),
        ("We considered synchronous commit for a while.", C.ALTERNATIVE),
        ("Then the primary filled its disk at night.", C.FAILURE),
        ("Since then we load test every change of keys.", C.LESSON),
        ("Its queue blocked us because nobody drained it.", C.REASON),
    ],
)
def test_sign_is_found_with_its_words(text: str, code: Code) -> None:
    assert found(text)[code] in text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("We never measured whether the double bookings fell from ten to zero.", C.OUTCOME),
        ("There was no trade-off in any of it.", C.TRADE_OFF),
        ("Nothing failed in the whole of the migration.", C.FAILURE),
        ("I think databases are important for most of the things we do.", C.OWN_WORK),
        ("I wish I could say that I designed the sharding of it.", C.OWN_WORK),
        ("He said that they moved the whole cluster in one night.", C.OWN_WORK),
        ("I would have cut the latency from ten to two seconds.", C.OUTCOME),
        ("I cut the latency from ten to two seconds, just kidding.", C.OUTCOME),
        ("We used Redis.", C.OWN_WORK),
    ],
)
def test_denied_wished_or_borrowed_signs_are_off(text: str, code: Code) -> None:
    assert code not in found(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("We did not lose data, and the latency fell from ten to two seconds.", C.OUTCOME),
        ("There was not a single incident in eleven months after it.", C.OUTCOME),
        ("It did not scale beyond one node for us.", C.FAILURE),
        ("We could have used Kafka for the queue of it.", C.ALTERNATIVE),
        ("We do it since otherwise nobody could write.", C.REASON),
    ],
)
def test_other_negations_leave_a_sign_alone(text: str, code: Code) -> None:
    assert code in found(text)


def test_words_of_the_question_make_no_example() -> None:
    asked = clauses_of(Turn("e", Speaker.EMA, "moved order table cluster May", 0, 1))[0].stems

    assert C.OWN_WORK not in found("I moved the order table to a cluster in May.", asked)


@pytest.mark.parametrize(
    "text",
    [
        "I honestly have never worked with that.",
        "I don't know, sorry.",
        "I would rather not answer that one.",
        "Never used it.",
        "I cannot say anything on it.",
    ],
)
def test_plain_words_of_not_knowing_are_found(text: str) -> None:
    assert says_unknown(text)
    assert list(found(text)) == [C.UNKNOWN]


@pytest.mark.parametrize("text", ["It never worked for more than a day.", "We did not know that it was asynchronous."])
def test_story_of_not_knowing_is_a_story(text: str) -> None:
    assert not says_unknown(text)


def test_work_of_others_is_found() -> None:
    assert disowns("My colleague built the whole thing.")
    assert list(found("I was not really involved in that.")) == [C.OTHERS_WORK]


@pytest.mark.parametrize(
    ("code", "text", "words", "held"),
    [
        (C.ERROR, "I wish it was not wrong.", "was not wrong", True),
        (C.CORRECT_USE, "You must not lock the whole table.", "not lock the whole table", True),
        (C.TRADE_OFF, "We got reads, but could not write meanwhile.", "could not write meanwhile", True),
        (C.TRADE_OFF, "There is no cost.", "no cost", False),
        (C.TRADE_OFF, "No cost.", "No cost", False),
        (C.LESSON, "I learned to page early.", "learned to page early", True),
        (C.LESSON, "I did learn nothing. Actually, no.", "did learn nothing", False),
        (C.OWN_WORK, "A colleague of mine moved the cluster.", "moved the cluster", False),
        (C.TRADE_OFF, "My colleague built it and gave up joins.", "gave up joins", False),
        (C.OUTCOME, "My manager brought it from nine hours to two.", "from nine hours to two", False),
        (C.OUTCOME, "The goal was to go from nine hours to two.", "from nine hours to two", False),
        (C.OUTCOME, "We wanted it faster, so I cut it from nine hours to two.", "from nine hours to two", True),
        (C.OUTCOME, "Whether it fell from 90 to 12 is unclear.", "fell from 90 to 12", False),
        (C.LESSON, "Since then no outage.", "Since then no", True),
        (C.TRADE_OFF, "It cost us nothing.", "cost us", False),
        (C.ALTERNATIVE, "it could not be undone we compared two tools", "we compared two tools", True),
        (C.ALTERNATIVE, "it did not scale past one node i compared two tools", "compared two", True),
        (C.ALTERNATIVE, "i don't think we compared two tools", "compared two tools", False),
        (C.ALTERNATIVE, "there is nothing we compared with tools", "we compared with tools", False),
        (C.ALTERNATIVE, "nobody on the team said we compared tools", "we compared tools", False),
    ],
)
def test_code_of_a_model_stands_under_the_same_rules(code: Code, text: str, words: str, held: bool) -> None:
    start = text.index(words)

    assert holds(code, text, start, start + len(words)) is held


CLAIMS = tomllib.loads(Path(__file__).with_name("code_claims.toml").read_text(encoding="utf-8"))


def told_of(code: Code, bracketed: str) -> str:
    """What a report tells of the words in brackets where a model claims this code of them."""
    before, words, after = re.split(r"[\[\]]", bracketed)
    text = f"{before}{words}{after}"
    if not holds(code, text, len(before), len(before) + len(words)):
        return "nothing"
    return "fact" if bears_out(code, text, words) else "reading"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ("carried", {"fact": 56, "reading": 5, "nothing": 1}),
        # The seven hold a word that looks like the sign: "the root cause was found by Tuesday".
        ("not_carried", {"fact": 7, "reading": 48, "nothing": 1}),
    ],
)
def test_claims_of_a_model_are_facts_only_where_rules_find_the_sign(claims: str, told: dict[str, int]) -> None:
    assert Counter(told_of(Code(code), quote) for code, sides in CLAIMS.items() for quote in sides[claims]) == told


def test_false_claim_without_a_word_that_looks_like_it_is_never_told_as_fact() -> None:
    plain = [(code, quote) for code, sides in CLAIMS.items() for quote in sides["not_carried"][:-2]]

    assert [quote for code, quote in plain if told_of(Code(code), quote) == "fact"] == []


@pytest.mark.parametrize("code", sorted(JUDGED))
def test_no_rule_finds_what_only_a_reader_can_judge(code: Code) -> None:
    assert not bears_out(code, "I moved it because it failed.", "I moved it")


ANSWERS = (*FORMS, *({name: form.text for name, form in answer.items()} for answer in DERIVED))


def test_thirty_answers_in_seven_forms_are_there() -> None:
    assert [len(answer) for answer in DERIVED] == [7] * 30


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["polished"][:30])
def test_form_changes_the_checklist_by_one_item_at_most(answer: dict[str, str]) -> None:
    told = set(found(answer["polished"]))

    assert {form: told ^ set(found(text)) for form, text in answer.items() if len(told ^ set(found(text))) > 1} == {}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["polished"][:30])
def test_no_form_is_hidden(answer: dict[str, str]) -> None:
    assert {form: masked(text) for form, text in answer.items()} == answer
    assert not [text for text in answer.values() if addresses_the_rater(text) or says_unknown(text) or disowns(text)]
