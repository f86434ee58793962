"""What the pages get instead of the process's real parts: the same names, in memory, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from services.analyst.rules import Analyst, OfflineAnalyst
from services.calls.snapshot import Phase
from services.core.call_log import SeenCall
from services.core.errors import ConsentMissing, InterviewNotFound, JobDescriptionRefused, LinkRefused
from services.core.interview import Interview, Status
from services.core.invitation import Invitation
from services.core.ledger import LedgerEntry, balance, signup_grant
from services.core.load import Load
from services.core.plan.memory import Memory
from services.core.plan.plan import Question
from services.core.report.readback import Readback, confirm, correct, doubt
from services.core.report.review import Review, dispute, override, reviewer_name
from services.core.sharing import SharedForm, SharedReport, ShareLink, cleaned_label, shared
from services.core.talk.transcript import Turn
from services.identity.quotas import Quotas
from services.identity.tokens import KnownToken
from services.identity.visitor import Visitor
from services.interviews.questions import OpenQuestion
from services.interviews.signing import Signer
from services.observe.estimate import MinutePrice
from services.replicas.placement import Place, Replica
from services.samples.minute import Minute, recorded
from services.settings import Settings
from services.tools.toolbox import ServerState
from services.vendors.base import Capabilities, Check, ProviderInfo
from services.vendors.looks import Looks
from tests.pages.examples import BEGAN, OWNER, PLAN, REPORT, interview

TOKEN = "shr_secret"
INVITATION = "inv_secret"


@dataclass
class FakeMemories:
    on: bool = False
    known: list[Memory] = field(default_factory=list)

    def agreed(self, user_id: str) -> bool:
        return self.on

    def agree(self, user_id: str) -> None:
        self.on = True

    def withdraw(self, user_id: str) -> None:
        self.on, self.known = False, []

    def list(self, user_id: str) -> list[Memory]:
        return self.known

    def forget(self, user_id: str, memory_ids: Iterable[str] | None = None) -> bool:
        gone = {memory.id for memory in self.known} if memory_ids is None else set(memory_ids)
        self.known = [memory for memory in self.known if memory.id not in gone]
        return True


@dataclass
class FakeQuestions:
    asked: list[OpenQuestion] = field(default_factory=list)

    def list(self, user_id: str, interview_id: str) -> list[OpenQuestion]:
        return self.asked

    def answer(self, user_id: str, interview_id: str, number: int, text: str) -> None:
        self.asked = [replace(one, answer=text) if one.number == number else one for one in self.asked]


@dataclass
class FakeInterviews:
    kept: dict[str, Interview] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=lambda: [signup_grant(OWNER, 60, BEGAN)])
    prepared: dict[str, Any] = field(default_factory=dict)
    at_work: tuple[str, ...] = ()
    """Stages of the report that is in the making."""
    readable: list[Turn] = field(default_factory=list)
    """What waits for the candidate to read it."""
    calls_seen: list[SeenCall] = field(default_factory=list)
    memories: FakeMemories = field(default_factory=FakeMemories)
    questions: FakeQuestions = field(default_factory=FakeQuestions)
    sharing: FakeSharing = field(init=False)
    invitations: FakeInvitations = field(default_factory=lambda: FakeInvitations())
    signer: Signer | None = None

    def __post_init__(self) -> None:
        self.sharing = FakeSharing(self)
        self.accounts = self.preparation = self.lifecycle = self.analysis = self.reviews = self.call_logs = self

    def of(self, interview_ids: Iterable[str]) -> dict[str, list[SeenCall]]:
        return {one: self.calls_seen for one in interview_ids if self.calls_seen}

    def balance(self, user_id: str) -> int:
        return balance(self.entries)

    def ledger(self, user_id: str) -> list[LedgerEntry]:
        return self.entries

    def list(self, user_id: str) -> list[Interview]:
        return [one for one in self.kept.values() if one.user_id == user_id]

    def of_plan(self, user_id: str, plan_hash: str) -> Sequence[Interview]:
        return [one for one in self.kept.values() if one.plan_hash == plan_hash and one.report]

    def get(self, user_id: str, interview_id: str) -> Interview:
        found = self.kept.get(interview_id)
        if found is None or found.user_id != user_id:
            raise InterviewNotFound
        return found

    def find_open(self, user_id: str) -> Interview | None:
        return next((one for one in self.list(user_id) if one.is_open), None)

    def prepare(self, user_id: str, *, consent: bool, progress: Callable[[str], None], **wanted: Any) -> Interview:
        if not consent:
            raise ConsentMissing
        self.prepared = wanted
        progress("Finding the skills…")
        return self.kept.setdefault("i1", interview(Status.SETUP))

    def revise_plan(self, user_id: str, interview_id: str, questions: tuple[Question, ...]) -> Interview:
        found = self.get(user_id, interview_id)
        self.kept[interview_id] = found.model_copy(update={"plan": found.plan.revised(questions)})
        return self.kept[interview_id]

    def abandon(self, user_id: str, interview_id: str) -> Interview:
        self.kept[interview_id] = interview(Status.FAILED, interview_id, failure_reason="You abandoned this interview.")
        return self.kept[interview_id]

    def delete(self, user_id: str, interview_id: str) -> Interview:
        return self.kept.pop(interview_id)

    def analyze(self, interview_id: str) -> Interview:
        self.kept[interview_id] = interview(Status.COMPLETE, interview_id)
        return self.kept[interview_id]

    def stages(self, interview_id: str) -> tuple[str, ...]:
        return self.at_work

    def find_readback(self, user_id: str, interview_id: str) -> Readback | None:
        return Readback(tuple(self.readable), 600) if self.readable else None

    def correct(self, user_id: str, interview_id: str, turn_id: str, text: str) -> None:
        self.readable = [correct(turn, text) if turn.id == turn_id else turn for turn in self.readable]

    def doubt(self, user_id: str, interview_id: str, turn_id: str, *, wrong: bool) -> None:
        self.readable = [doubt(turn, wrong=wrong) if turn.id == turn_id else turn for turn in self.readable]

    def confirm(self, user_id: str, interview_id: str, turn_id: str) -> None:
        self.readable = [confirm(turn) if turn.id == turn_id else turn for turn in self.readable]

    def finish_readback(self, user_id: str, interview_id: str) -> None:
        self.readable = []

    def override(
        self, user_id: str, interview_id: str, competency_id: str, level: int | None, reason: str
    ) -> Interview:
        return self._add(interview_id, override(REPORT, competency_id, level, reason, by=user_id, at=BEGAN))

    def dispute(self, user_id: str, interview_id: str, item_id: str, note: str) -> Interview:
        return self._add(interview_id, dispute(REPORT, item_id, note, by=user_id, at=BEGAN))

    def _add(self, interview_id: str, review: Review) -> Interview:
        found = self.kept[interview_id]
        self.kept[interview_id] = found.model_copy(update={"reviews": (*found.reviews, review)})
        return self.kept[interview_id]


@dataclass
class FakeInvitations:
    """One invitation, whose token is `INVITATION`."""

    made: list[Invitation] = field(default_factory=list)
    state: tuple[Status | None, bool] = (None, False)
    accepted: list[bool] = field(default_factory=list)
    reviewed: list[tuple[object, ...]] = field(default_factory=list)
    open_questions: FakeQuestions = field(default_factory=FakeQuestions)

    def invite(self, host_id: str, interview_id: str, label: str) -> str:
        self.made.append(
            Invitation(
                id="v1",
                host_id=host_id,
                label=label,
                plan=PLAN,
                provider="offline",
                created_at=BEGAN,
                expires_at=datetime.now(UTC) + timedelta(days=14),
            )
        )
        return INVITATION

    def list(self, host_id: str) -> list[tuple[Invitation, Status | None, bool]]:
        return [(one, *self.state) for one in self.made]

    def revoke(self, host_id: str, invitation_id: str) -> None:
        self.made = [one.model_copy(update={"revoked_at": BEGAN}) for one in self.made]

    def report(self, host_id: str, invitation_id: str) -> SharedReport:
        found = interview(Status.COMPLETE, share_consent_at=BEGAN, label=self.made[0].label)
        return shared(found, SharedForm.SCORECARD, shows_label=True)

    def review(self, *left: object) -> None:
        self.reviewed.append(left)

    def questions(self, host_id: str, invitation_id: str) -> Sequence[OpenQuestion]:
        return self.open_questions.asked

    def answer(self, host_id: str, invitation_id: str, number: int, text: str) -> None:
        self.open_questions.answer(host_id, invitation_id, number, text)

    def look(self, token: str, user_id: str) -> Invitation:
        if token != INVITATION:
            raise LinkRefused("This invitation opens nothing.")
        return self.made[0]

    def accept(self, token: str, user_id: str, *, consent: bool, share: bool) -> Interview:
        if not consent:
            raise ConsentMissing
        self.accepted.append(share)
        raise LinkRefused("Taken.")


@dataclass
class FakeSharing:
    """One link opens the first report there is: its token is `TOKEN`."""

    interviews: FakeInterviews
    made: list[ShareLink] = field(default_factory=list)
    opened: int = 0

    def _change(self, interview_id: str, **changes: Any) -> Interview:
        found = self.interviews.kept[interview_id]
        self.interviews.kept[interview_id] = found.model_copy(update=changes)
        return self.interviews.kept[interview_id]

    def name(self, user_id: str, interview_id: str, label: str) -> Interview:
        return self._change(interview_id, label=cleaned_label(label))

    def agree(self, user_id: str, interview_id: str) -> Interview:
        return self._change(interview_id, share_consent_at=BEGAN)

    def withdraw(self, user_id: str, interview_id: str) -> Interview:
        self.made = []
        return self._change(interview_id, share_consent_at=None)

    def share(self, user_id: str, interview_id: str, form: str, days: int, *, shows_label: bool = False) -> str:
        link = ShareLink(
            id="l1",
            form=SharedForm(form),
            shows_label=shows_label,
            created_at=BEGAN,
            expires_at=datetime.now(UTC) + timedelta(days=days),
        )
        self.made.append(link)
        return TOKEN

    def links(self, user_id: str, interview_id: str) -> list[ShareLink]:
        return self.made

    def revoke(self, user_id: str, interview_id: str, link_id: str) -> None:
        self.made = [link.model_copy(update={"revoked_at": BEGAN}) for link in self.made]

    def open(self, token: str, *, count: bool = True) -> SharedReport:
        if token != TOKEN or not self.made:
            raise LinkRefused("This link opens nothing.")
        self.opened += count
        first = next(iter(self.interviews.kept.values()))
        return shared(first, self.made[0].form, shows_label=self.made[0].shows_label)

    def review(self, token: str, name: str, competency_id: str, level: int | None, reason: str) -> None:
        who = reviewer_name(name)
        left = override(REPORT, competency_id, level, reason, by="link:l1", at=BEGAN, name=who)
        self.interviews._add(next(iter(self.interviews.kept)), left)


class FakeVoice:
    def __init__(self, key: str, label: str, *, ready: bool, usd: str = "0") -> None:
        self.info = ProviderInfo(
            key=key,
            label=label,
            model="espeak" if key == "offline" else "flagship",
            usd_per_minute=Decimal(usd),
            price_read_on="2026-10-03" if usd != "0" else "",
            leaves_machine="Nothing leaves this server." if key == "offline" else f"Your voice goes to {label}.",
            ready=ready,
            missing="" if ready else "Set its API key.",
            capabilities=Capabilities(rough_captions=key == "offline"),
        )

    async def check(self) -> Check:
        return Check(ok=True, seconds=0.1, sentence="It answers.")


@dataclass
class FakeTokens:
    made: list[KnownToken] = field(default_factory=list)

    def list(self, user_id: str) -> list[KnownToken]:
        return self.made

    def make(self, user_id: str, label: str) -> str:
        self.made.append(KnownToken(f"t{len(self.made)}", label, BEGAN, BEGAN, None))
        return "syx_secret"

    def revoke(self, user_id: str, token_id: str) -> None:
        self.made = [token for token in self.made if token.id != token_id]


class FakeStore:
    def ready(self) -> bool:
        return True


@dataclass
class FakeIdentity:
    there: Visitor = field(default_factory=lambda: Visitor(OWNER, "guest"))

    def visitor(self, cookies: object, address: str | None) -> Visitor:
        return self.there

    def sighting(self, cookies: object, visitor: Visitor) -> None:
        return None

    def administrates(self, cookies: object) -> bool:
        return self.there.admin


@dataclass
class FakeCall:
    phase: Phase
    sentence: str = ""
    told: list[object] = field(default_factory=list)
    interview: Interview = field(default_factory=lambda: interview(Status.ACTIVE))

    def snapshot(self) -> SimpleNamespace:
        return SimpleNamespace(phase=self.phase, ended_sentence=self.sentence, charged=False)

    def tell(self, event: object) -> None:
        self.told.append(event)


@dataclass
class FakeCalls:
    live: dict[str, Any] = field(default_factory=dict)
    forgotten: list[Interview] = field(default_factory=list)
    takeover: list[FakeVoice] = field(default_factory=list)
    """Who follows, in this order, on whatever voice is chosen."""

    expected: list[str] = field(default_factory=list)
    load: Load = field(default_factory=Load)

    def expect(self, interview: Interview) -> None:
        self.expected.append(interview.id)

    def order(self, chosen: str) -> list[FakeVoice]:
        return [FakeVoice(chosen, chosen, ready=True), *self.takeover]

    def find(self, interview_id: str) -> Any:
        return self.live.get(interview_id)

    def forget(self, interview: Interview) -> None:
        self.forgotten.append(interview)


@dataclass
class FakeSamples:
    """Of one visitor: the sample, and the call while it is live."""

    sample: Interview | None = None
    call: Any = None
    watched: list[str] = field(default_factory=list)
    minute: Minute = field(default_factory=recorded)

    def start(self, subject: str, provider: str) -> None:
        self.sample = interview(Status.SETUP, "s1", provider=provider)
        self.call = FakeCall(Phase.LIVE)

    def latest(self, subject: str) -> Interview | None:
        return self.sample

    def find(self, subject: str, interview_id: str) -> Any:
        return self.call

    def listen(self, interview_id: str) -> None:
        return None

    def watch(self, interview_id: str) -> None:
        self.watched.append(interview_id)

    def stop(self, subject: str, interview_id: str) -> None:
        self.call.phase = Phase.ENDED
        self.sample = interview(Status.COMPLETE, interview_id)


class FakeIntake:
    """Reads what can be read: a file that is text, and one address."""

    def from_file(self, data: bytes) -> str:
        if data.startswith(b"PK"):
            raise JobDescriptionRefused("This document is damaged.")
        return data.decode()

    def from_page(self, address: str) -> str:
        if address != "https://example.com/job":
            raise JobDescriptionRefused("This address leads into a private network.")
        return "A job from the web"


@dataclass
class FakeFleet:
    """One server; a test says otherwise."""

    where: Place = Place.HERE
    full: bool = False
    draining: bool = False
    several: bool = False
    shared: bool = False
    process: str = "this-process"
    id: str = "a"
    replicas: tuple[Replica, ...] = ()
    drained: list[str] = field(default_factory=list)

    def drain(self, replica: str) -> None:
        self.drained.append(replica)

    def place(self, lease_owner: str | None) -> Place:
        return self.where

    def takes_calls_elsewhere(self) -> bool:
        return self.full


@dataclass
class FakeToolbox:
    servers: list[ServerState] = field(default_factory=list)

    def states(self) -> list[ServerState]:
        return self.servers


@dataclass
class FakeParts:
    interviews: FakeInterviews = field(default_factory=FakeInterviews)
    settings: Settings = field(default_factory=Settings)
    store: FakeStore = field(default_factory=FakeStore)
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    quotas: Quotas = field(default_factory=lambda: Quotas(Settings()))
    calls: FakeCalls = field(default_factory=FakeCalls)
    samples: FakeSamples = field(default_factory=FakeSamples)
    analyst: Analyst = field(default_factory=OfflineAnalyst)
    intake: FakeIntake = field(default_factory=FakeIntake)
    toolbox: FakeToolbox = field(default_factory=lambda: FakeToolbox())
    fleet: FakeFleet = field(default_factory=FakeFleet)
    turn: None = None
    providers: dict[str, FakeVoice] = field(
        default_factory=lambda: {
            "openai": FakeVoice("openai", "OpenAI Realtime", ready=False, usd="0.10"),
            "offline": FakeVoice("offline", "Offline interviewer", ready=True),
        }
    )

    prices: dict[str, MinutePrice] = field(default_factory=dict)

    def minute_price(self, key: str) -> MinutePrice | None:
        return self.prices.get(key)

    @property
    def looks(self) -> Looks:
        return Looks(cast(Any, self.providers))

    def talking(self) -> nullcontext[None]:
        return nullcontext()

    def ice_servers(self, name: str) -> list[dict[str, Any]]:
        return []
