"""The errors a page may show: each has a stable code and a sentence a non-engineer understands.

PhoneScreenError
├── InvalidTransition        an interview was asked for a move its state does not allow
├── InterviewNotFound        no such interview, or another visitor's: the two look the same on purpose
├── InterviewAlreadyOpen     one open interview per visitor
├── InsufficientCredit       the balance does not cover an interview
├── JobDescriptionRefused    the pasted text cannot become a plan
├── PlanInvalid              an edited plan breaks a rule of plans
├── ChoiceRefused            what was chosen is not among what was offered, or cannot be had any more
├── ConsentMissing           an interview was asked for without consent
├── TranscriptGone           the words are no longer in memory, so they cannot be analysed
├── AnalysisFailed           the report could not be made this time; the words are still there to try again
├── CorrectionRefused        a correction of recognised words that is none, or comes too late
├── NoteRefused              a reviewer's reason or a candidate's note that is empty, too long or one too many
├── ShareRefused             a report that cannot be shared as asked
├── LinkRefused              a link that opens nothing: never made, expired, or taken back
├── CallGone                 the process that held this call is gone; the interview is being closed and refunded
├── DatabaseAway             the database cannot be reached right now
├── SignInRequired           nobody is signed in, and guests are not let in
├── TokenRefused             an access token that cannot be made
├── QuotaExceeded            somebody did something too often; `until` says when it is possible again
├── NoInterviewOpen          a session token was asked for without a prepared interview
├── InterviewLive            the same, for one that has begun
├── TokenIssued              the same, for one that had its token
├── ProviderOff              a voice that is not configured, or may not be used this way
├── LinesBusy                this server carries as many calls as it can
├── LineRefused              a tab's offer of a voice line that cannot be taken
├── ServerClosing            this server is about to be restarted and takes no new calls
├── DailySpendReached        today's interviews have cost what the operator allows a day
└── ProviderError            the voice vendor; `cause` says which kind of trouble
    ├── ProviderRefused      it said no (key, quota, configuration): trying again cannot help
    ├── ProviderDropped      the connection broke
    └── ProviderTimeout      it did not answer in time
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from services.core.talk.events import CloseCause


class PhoneScreenError(Exception):
    """Base of all errors shown to people. `str(error)` is the sentence; it never holds a secret or spoken words."""

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidTransition(PhoneScreenError):
    code = "invalid_transition"


class InterviewNotFound(PhoneScreenError):
    code = "interview_not_found"

    def __init__(self) -> None:
        super().__init__("This interview does not exist, or it belongs to somebody else.")


class InterviewAlreadyOpen(PhoneScreenError):
    code = "interview_already_open"

    def __init__(self, interview_id: str) -> None:
        super().__init__("You already have an open interview. Continue it, or abandon it to start a new one.")
        self.interview_id = interview_id


class InsufficientCredit(PhoneScreenError):
    code = "insufficient_credit"

    def __init__(self, balance: int, cost: int) -> None:
        super().__init__(f"An interview costs {cost} credits and you have {balance}. Nothing was charged.")
        self.balance, self.cost = balance, cost


class JobDescriptionRefused(PhoneScreenError):
    code = "job_description_refused"


class PlanInvalid(PhoneScreenError):
    code = "plan_invalid"


class ChoiceRefused(PhoneScreenError):
    code = "choice_refused"


class ConsentMissing(PhoneScreenError):
    code = "consent_missing"

    def __init__(self) -> None:
        super().__init__("Please read what happens with your voice and tick the consent box first.")


class TranscriptGone(PhoneScreenError):
    code = "transcript_gone"

    def __init__(self) -> None:
        super().__init__("The words of this interview are no longer in memory, so no report can be made from them.")


class AnalysisFailed(PhoneScreenError):
    code = "analysis_failed"

    def __init__(self) -> None:
        super().__init__("The report could not be made this time. Nothing is lost: try again within half an hour.")


class CorrectionRefused(PhoneScreenError):
    code = "correction_refused"


class NoteRefused(PhoneScreenError):
    code = "note_refused"


class ShareRefused(PhoneScreenError):
    code = "share_refused"


class LinkRefused(PhoneScreenError):
    code = "link_refused"


class CallGone(PhoneScreenError):
    code = "call_gone"

    def __init__(self) -> None:
        super().__init__(
            "The server was restarted during this interview. It is being closed and refunded; wait a few seconds."
        )


class DatabaseAway(PhoneScreenError):
    code = "database_away"

    def __init__(self) -> None:
        super().__init__("Our database cannot be reached right now. Nothing is lost; please try again in a minute.")


class SignInRequired(PhoneScreenError):
    code = "sign_in"

    def __init__(self, before: str = "") -> None:
        super().__init__(f"{before} Please sign in: this site is for people with an account.".strip())


class TokenRefused(PhoneScreenError):
    code = "token_refused"


class QuotaExceeded(PhoneScreenError):
    """`sentence` says who is limited, until when, and what still works."""

    code = "guest_quota"

    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class NoInterviewOpen(PhoneScreenError):
    code = "no_interview"

    def __init__(self) -> None:
        super().__init__("No interview is prepared. Prepare one on the start page first.")


class InterviewLive(PhoneScreenError):
    code = "live"

    def __init__(self) -> None:
        super().__init__("This interview has begun already.")


class TokenIssued(PhoneScreenError):
    code = "token_issued"

    def __init__(self) -> None:
        super().__init__("A session token was given for this interview before, and there is one for each.")


class ProviderOff(PhoneScreenError):
    code = "provider_off"


class LinesBusy(PhoneScreenError):
    code = "lines_busy"

    def __init__(self) -> None:
        super().__init__("All lines are busy. Please try again in a minute; nothing was charged.")


class LineRefused(PhoneScreenError):
    code = "line_refused"


class ServerClosing(PhoneScreenError):
    code = "server_closing"

    def __init__(self) -> None:
        super().__init__(
            "This server is about to be restarted and takes no new calls. Your plan is kept and nothing was charged."
        )


class DailySpendReached(PhoneScreenError):
    code = "daily_spend_reached"

    def __init__(self) -> None:
        super().__init__(
            "Today's interviews have used what the operator allows for a day, so no other can begin before midnight "
            "UTC. Nothing was charged, and your plan is kept until then."
        )


class ProviderError(PhoneScreenError):
    """Trouble with a voice vendor. `retryable` says whether connecting again could help."""

    code = "provider_error"
    retryable: ClassVar[bool] = True

    def __init__(self, sentence: str, cause: CloseCause = CloseCause.PROVIDER) -> None:
        super().__init__(sentence)
        self.cause = cause


class ProviderRefused(ProviderError):
    code = "provider_refused"
    retryable = False


class ProviderDropped(ProviderError):
    code = "provider_dropped"


class ProviderTimeout(ProviderError):
    code = "provider_timeout"
