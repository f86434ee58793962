"""Links to a report: who may make, read and take back, and every way in which a token may be wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.core.errors import InterviewNotFound, LinkRefused, NoteRefused, PhoneScreenError, ShareRefused
from services.core.interview import Interview
from services.core.report.review import Override, standing_overrides
from services.core.sharing import MAX_LINKS
from services.interviews.sharing import MOST_VIA_LINKS, PREFIX
from tests.stage import JOB, Stage

DAY = timedelta(days=1).total_seconds()


def reported(stage: Stage) -> Interview:
    return stage.interviews.analysis.analyze(stage.ended().id)


def agreed(stage: Stage) -> Interview:
    return stage.interviews.sharing.agree(stage.user, reported(stage).id)


def share(stage: Stage, interview: Interview, form: str = "scorecard", days: int = 14) -> str:
    return stage.interviews.sharing.share(stage.user, interview.id, form, days, shows_label=True)


def test_link_opens_the_report_without_an_account(stage: Stage) -> None:
    interview = agreed(stage)
    stage.interviews.sharing.name(stage.user, interview.id, "Ana M.")

    read = stage.interviews.sharing.open(share(stage, interview))

    assert (read.label, read.report.summary) == ("Ana M.", "One strong answer on databases.")
    assert JOB not in read.model_dump_json()


def revoked(stage: Stage, interview: Interview, token: str) -> str:
    link = stage.interviews.sharing.links(stage.user, interview.id)[0]
    stage.interviews.sharing.revoke(stage.user, interview.id, link.id)
    return token


def expired(stage: Stage, interview: Interview, token: str) -> str:
    stage.clock.advance(14 * DAY)
    return token


def withdrawn(stage: Stage, interview: Interview, token: str) -> str:
    stage.interviews.sharing.withdraw(stage.user, interview.id)
    return token


def agreed_again(stage: Stage, interview: Interview, token: str) -> str:
    stage.interviews.sharing.withdraw(stage.user, interview.id)
    stage.interviews.sharing.agree(stage.user, interview.id)
    return token


def shared_again(stage: Stage, interview: Interview, token: str) -> str:
    revoked(stage, interview, token)
    share(stage, interview)
    return token


def deleted(stage: Stage, interview: Interview, token: str) -> str:
    stage.interviews.lifecycle.delete(stage.user, interview.id)
    return token


def account_ended(stage: Stage, interview: Interview, token: str) -> str:
    stage.interviews.accounts.delete(stage.user)
    return token


def hashed(stage: Stage, interview: Interview, token: str) -> str:
    with stage.store.read() as db:
        row = db.find_link(hashlib.sha256(token.encode()).hexdigest())
        assert row is not None
        return PREFIX + row.token_sha256


WRONG: dict[str, Callable[[Stage, Interview, str], str]] = {
    "guessed": lambda stage, interview, token: PREFIX + "A" * 43,
    "one letter changed": lambda stage, interview, token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    "cut off": lambda stage, interview, token: token[:-1],
    "lengthened": lambda stage, interview, token: token + "A",
    "without its prefix": lambda stage, interview, token: token.removeprefix(PREFIX),
    "in capitals": lambda stage, interview, token: PREFIX + token.removeprefix(PREFIX).swapcase(),
    "the interview's id": lambda stage, interview, token: PREFIX + interview.id,
    "the link's id": lambda stage, interview, token: (
        PREFIX + stage.interviews.sharing.links(stage.user, interview.id)[0].id
    ),
    "the hash that is kept": hashed,
    "empty": lambda stage, interview, token: "",
    "half a surrogate": lambda stage, interview, token: PREFIX + "\ud800",
    "a pattern": lambda stage, interview, token: PREFIX + "%",
    "expired": expired,
    "revoked": revoked,
    "withdrawn": withdrawn,
    "withdrawn and agreed to again": agreed_again,
    "revoked and shared again": shared_again,
    "its interview deleted": deleted,
    "its account deleted": account_ended,
}


@pytest.mark.parametrize("how", WRONG)
def test_wrong_token_opens_nothing_and_takes_no_review(stage: Stage, how: str) -> None:
    interview = agreed(stage)
    token = WRONG[how](stage, interview, share(stage, interview))

    with pytest.raises(LinkRefused):
        stage.interviews.sharing.open(token)
    with pytest.raises(LinkRefused):
        stage.interviews.sharing.review(token, "Bo", "c1", 4, "Because.")


def test_replayed_link_reads_and_counts_again(stage: Stage) -> None:
    interview = agreed(stage)
    token = share(stage, interview)

    for count in (True, True, False):
        stage.interviews.sharing.open(token, count=count)

    link = stage.interviews.sharing.links(stage.user, interview.id)[0]
    assert (link.views, link.last_viewed_at) == (2, stage.clock.at)


def test_resharing_makes_another_link_with_its_own_end(stage: Stage) -> None:
    interview = agreed(stage)
    first, second = share(stage, interview, days=1), share(stage, interview, form="letter", days=30)
    stage.clock.advance(2 * DAY)

    with pytest.raises(LinkRefused):
        stage.interviews.sharing.open(first)
    assert stage.interviews.sharing.open(second).form == "letter"


def test_token_is_in_no_table(stage: Stage) -> None:
    interview = agreed(stage)
    token = share(stage, interview)

    kept = [link.model_dump_json() for link in stage.interviews.sharing.links(stage.user, interview.id)]

    assert token.removeprefix(PREFIX) not in "".join(kept)


STRANGERS: dict[str, Callable[[Stage, str, str], object]] = {
    "naming": lambda stage, who, one: stage.interviews.sharing.name(who, one, "X"),
    "agreeing": lambda stage, who, one: stage.interviews.sharing.agree(who, one),
    "withdrawing": lambda stage, who, one: stage.interviews.sharing.withdraw(who, one),
    "sharing": lambda stage, who, one: stage.interviews.sharing.share(who, one, "letter", 14),
    "listing": lambda stage, who, one: stage.interviews.sharing.links(who, one),
    "revoking": lambda stage, who, one: stage.interviews.sharing.revoke(who, one, "l1"),
}


@pytest.mark.parametrize("deed", STRANGERS)
def test_a_stranger_can_neither_share_nor_take_back(stage: Stage, deed: str) -> None:
    interview = agreed(stage)
    token, stranger = share(stage, interview), stage.interviews.accounts.guest("stranger").id

    with pytest.raises(InterviewNotFound):
        STRANGERS[deed](stage, stranger, interview.id)

    assert stage.interviews.sharing.open(token)


def test_another_interviews_link_stays(stage: Stage) -> None:
    first = agreed(stage)
    token = share(stage, first)
    link, second = stage.interviews.sharing.links(stage.user, first.id)[0], agreed(stage)

    stage.interviews.sharing.revoke(stage.user, second.id, link.id)

    assert stage.interviews.sharing.open(token)


REFUSED: dict[str, tuple[Callable[[Stage], object], type[PhoneScreenError]]] = {
    "without a report": (lambda stage: share(stage, stage.ended()), ShareRefused),
    "without consent": (lambda stage: share(stage, reported(stage)), ShareRefused),
    "in no known form": (lambda stage: share(stage, agreed(stage), form="transcript"), ShareRefused),
    "for ever": (lambda stage: share(stage, agreed(stage), days=36_500), LinkRefused),
}


@pytest.mark.parametrize("how", REFUSED)
def test_sharing_is_refused(stage: Stage, how: str) -> None:
    attempt, error = REFUSED[how]

    with pytest.raises(error):
        attempt(stage)


def test_a_report_has_so_many_working_links(stage: Stage) -> None:
    interview = agreed(stage)
    for _ in range(MAX_LINKS):
        share(stage, interview, days=1)

    with pytest.raises(ShareRefused):
        share(stage, interview)
    stage.clock.advance(DAY)
    assert share(stage, interview)


def test_agreement_is_recorded_once(stage: Stage) -> None:
    interview = agreed(stage)
    first = interview.share_consent_at
    stage.clock.advance(60)

    again = stage.interviews.sharing.agree(stage.user, interview.id)

    assert first is not None
    assert again.share_consent_at == first


def test_reviewer_leaves_a_level_with_a_name(stage: Stage) -> None:
    interview = agreed(stage)
    token = share(stage, interview)

    stage.interviews.sharing.review(token, " Bo  Reviewer ", "c1", 4, "The outcome was measured.")
    stage.interviews.sharing.review(token, "Cy", "c1", 2, "No alternative was weighed.")
    stage.interviews.sharing.review(token, "Bo Reviewer", "c1", 3, "On a second look.")

    standing = standing_overrides(stage.get(interview).reviews, "c1")
    assert [(item.name, item.to_level) for item in standing] == [("Cy", 2), ("Bo Reviewer", 3)]
    assert {item.by for item in stage.interviews.sharing.open(token).reviews} == {""}


@pytest.mark.parametrize(
    ("name", "competency", "level", "reason"),
    [
        ("", "c1", 4, "Because."),
        ("x" * 81, "c1", 4, "Because."),
        ("Bo", "c9", 4, "Because."),
        ("Bo", "c1", 7, "Because."),
        ("Bo", "c1", 4, " "),
    ],
)
def test_an_incomplete_review_changes_nothing(
    stage: Stage, name: str, competency: str, level: int, reason: str
) -> None:
    interview = agreed(stage)
    token = share(stage, interview)

    with pytest.raises(NoteRefused):
        stage.interviews.sharing.review(token, name, competency, level, reason)

    assert stage.get(interview).reviews == ()


def test_a_letter_takes_no_level(stage: Stage) -> None:
    interview = agreed(stage)

    with pytest.raises(NoteRefused):
        stage.interviews.sharing.review(share(stage, interview, form="letter"), "Bo", "c1", 4, "Because.")


def test_reviewers_leave_room_for_the_candidate(stage: Stage) -> None:
    interview = agreed(stage)
    token = share(stage, interview)
    for number in range(MOST_VIA_LINKS):
        stage.interviews.sharing.review(token, f"Bo {number}", "c1", 4, "Because.")

    with pytest.raises(NoteRefused):
        stage.interviews.sharing.review(token, "One more", "c1", 4, "Because.")
    stage.interviews.reviews.dispute(stage.user, interview.id, "e1", "I said replica.")

    assert isinstance(stage.get(interview).reviews[0], Override)
