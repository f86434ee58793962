"""Private and confidential words are masked; the words of the trade that look like them are not."""

from __future__ import annotations

import pytest

from services.core.report.clauses import MASK, clauses_of
from services.core.report.privacy import is_private, masked, pieces_of
from services.core.talk.transcript import Speaker, Turn

PRIVATE = [
    "I was seven months pregnant then",
    "I started chemo in the spring",
    "I have ADHD",
    "I live with epilepsy and take medication",
    "my daughter was born that week",
    "I'm gay",
    "I am 58 years old",
    "I turned fifty last year",
    "I pray five times a day",
    "as a practising Catholic",
    "I come from Ghana",
    "I grew up in Aleppo",
    "my visa runs out in June",
    "I would need sponsorship",
    "I am the shop steward",
    "I was active in the works council",
    "I asked for an accommodation",
    "I need captions",
    "the password was hunter2",
    "our api key is abc123",
    "this is under an NDA",
    "between you and me",
    "my salary was low",
    "my number is on the form",
    "write to anna at example dot com",
    "my manager Tom was an incompetent drunk",
    "Peter Miller lied to everybody",
    "our CTO bullied people",
    "Kafka was fine but Peter lied to everybody",
    "my pin is 4711",
    "the password is correcthorse",
    "our receptionist was sixty years old",
    "the manager was fifty five years old",
    "she was almost forty years old",
    "I was married to the sister of my boss",
    "I was pregnant with my second",
    "the address is 12 Elm Road",
    "my address is the third house",
    "I make 90 thousand a year",
    "I make 85k",
    "I earn 4000 euros",
    "I go to church on Sundays",
    "the visa ran out, so I had to leave",
    "visa needed from June on",
    "I had surgery on my knees",
    "the pin is asked for twice and it is 4711",
    "my parental leave request was in May",
    "I was on parental leave",
    "my diabetes app reminds me",
    "I come from a migrant background",
    "we were on strike for three weeks",
    "we are expecting a little girl in June",
    "I am expecting in March",
    "I will retire in two years",
    "I was diagnosed with MS",
    "the project is confidential",
    "she was told in confidence",
    "I need more time because I am dyslexic",
    "I need breaks",
    "my mother tongue is Tamil",
    "my faith keeps me from working on Fridays",
    "the manager was in hospital for weeks",
    "our tester Hans is too old for it",
    "I have chronic pain",
    "my wife's shop",
    "the password was plum-tree",
]
OF_THE_WORK = [
    "the health check failed in one region",
    "access tokens were rotated every hour",
    "passwords are hashed with argon2",
    "we lazy loaded the images, lazily evaluated streams",
    "the migration corrupted rows and left corrupt data",
    "we used union types and UNION queries, a union all",
    "the page works with a screen reader",
    "Visa cards were declined by the gateway",
    "I come from the backend side",
    "Kubernetes evicted forty thousand pods",
    "the secret is stored in a vault",
    "I told my manager that the index was missing",
    "Kafka lied to us about the offset",
    "Redis was useless there",
    "the dashboard lied to us",
    "our metrics had lied for weeks",
    "the PIN is asked for twice",
    "the password is never logged",
    "the api key was in the repository",
    "we built the parental leave requests of the HR product",
    "I wrote the pregnancy tracker app",
    "it was a visa application workflow",
    "we trained a cancer detection model",
    "the staging data was two years old",
    "a library that was twelve years old blocked us",
    "those drivers were fifteen years old",
    "we were married to that design",
    "the team was wedded to the old format",
    "three strikes and the address is blocked for an hour",
    "the number is normalised before we store it",
    "I make 40 deploys a day",
    "the church paid for the servers",
    "the refugee camps use maps offline",
    "the visa centre was hammered by bots",
    "captions were late for deaf viewers",
    "the alerts were deaf to slow failures",
    "a pregnant pause in the log",
    "I come from a test background",
    "I grew up in the Rails community",
    "clients on strike three are banned for an hour",
    "the API was expecting a date",
    "the consumer is expecting a schema in the header",
    "we will retire in March the old endpoint",
    "that cluster will retire in spring",
    "we diagnosed with perf that the lock was contended",
    "confidential documents get a watermark",
    "the bucket was not public yet",
    "the password policy was twelve characters",
    "the manager process lied about its workers",
    "the service was too old to get patches",
    "the kernel was born in 2009",
    "I live in the terminal",
    "I need more time because the cluster takes long",
    "I need breaks in the loop",
    "I have trouble reading legacy Perl",
    "chronic lag on the replica",
    "my mother tongue is Python",
    "I lost my faith in the tests",
    "single parent inheritance kept it simple",
    "my medication tracker project has two thousand users",
    "the diabetes devices send a reading every minute",
    "our product told therapists about a slot",
    "refugee status was an index field",
    "the depression scores were anonymised",
]


@pytest.mark.parametrize("clause", PRIVATE)
def test_private_clause_is_recognised(clause: str) -> None:
    assert is_private(clause)


@pytest.mark.parametrize("clause", OF_THE_WORK)
def test_words_of_the_trade_are_not_private(clause: str) -> None:
    assert not is_private(clause)


def test_mask_leaves_the_work_around_it() -> None:
    said = "We moved the ledger to Postgres, and my wife was ill at the time, but nothing was lost. It took a week."

    assert masked(said) == f"We moved the ledger to Postgres, {MASK}, but nothing was lost. It took a week."


def test_a_masked_sentence_takes_no_other_along() -> None:
    said = masked("After that it took 300 ms. My wife was ill. It had doubled before that year. It had not.")
    turn = Turn("c1", Speaker.CANDIDATE, said, 0, 1)

    found = [clause.text for clause in clauses_of(turn)]

    assert found == ["After that it took 300 ms.", f"{MASK}.", "It had doubled before that year. It had not."]


def test_private_clauses_in_a_row_get_one_mask() -> None:
    assert masked("I have ADHD. I was pregnant. We cut it to 3 ms.") == f"{MASK}. We cut it to 3 ms."


def test_of_a_relatives_business_only_whose_it_is_is_masked() -> None:
    said = "I built the checkout of my wife's bakery, and my wife's illness was hard."

    assert masked(said) == f"I built the checkout of {MASK} bakery, {MASK}."


def test_mask_covers_what_was_found_elsewhere() -> None:
    said = "Call 555 1234 about Kafka."

    assert masked(said, [(5, 13)]) == f"Call {MASK} about Kafka."


def test_overlapping_stretches_get_one_mask() -> None:
    assert masked("abc def ghi", [(0, 7), (4, 6), (4, 11)]) == MASK


def test_clause_that_is_private_only_as_a_whole_is_masked_as_one() -> None:
    said = "We fixed it. Thomas, who sat by the window, is lazy. Then it was fast."

    assert not any(is_private(said[start:end]) for start, end in pieces_of(said))
    assert masked(said) == f"We fixed it. {MASK}. Then it was fast."


def test_what_is_left_beside_a_private_piece_may_be_private_as_a_whole() -> None:
    assert masked("My wife was ill, and Thomas, from sales, was drunk.") == f"{MASK}."


def test_screen_that_names_a_clause_masks_it_whole() -> None:
    said = "It rained that year, and I sat by her bed. Then it was fast."

    assert masked(said, hides=lambda text: "bed" in text and "rained" in text) == f"{MASK}. Then it was fast."
    assert masked(said, hides=lambda text: "bed" in text) == f"It rained that year, {MASK}. Then it was fast."
