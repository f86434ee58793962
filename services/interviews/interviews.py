"""The use cases of an interview, joined: each part holds what it uses, and callers name the part."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from datetime import UTC, datetime

from services.analyst.rules import Analyst
from services.core.interview import Interview
from services.core.report.screening import Screen, rules_alone
from services.core.sharing import SharedReport
from services.interviews.accounts import Accounts, always
from services.interviews.analyse import Analysis
from services.interviews.call_logs import CallLogs
from services.interviews.direct import DirectCalls
from services.interviews.invitations import Invitations
from services.interviews.lifecycle import Lifecycle
from services.interviews.prepare import Preparation, Voices, any_voice
from services.interviews.questions import OpenQuestions
from services.interviews.review import Reviews
from services.interviews.sharing import Sharing
from services.interviews.signing import Signer
from services.interviews.transcripts import Transcripts
from services.memory.memories import Memories
from services.settings import Settings
from services.store.store import Db, Store, VisitorKind


class Interviews:
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware.

    What takes a user's id is for that visitor alone: another's interview is InterviewNotFound, the same as one that
    does not exist.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        analyst: Analyst,
        now: Callable[[], datetime],
        transcripts: Transcripts,
        grants: Callable[[str], bool] = always,
        secret: str = "",
        voices: Voices = any_voice,
        database_now: Callable[[Db], datetime] | None = None,
        elsewhere: Callable[[str | None], bool] = lambda _owner: False,
        screen: Screen = rules_alone,
    ) -> None:
        self._store = store
        self.accounts = Accounts(store, settings, now, grants, secret, database_now)
        self.lifecycle = Lifecycle(store, settings, now, transcripts, database_now)
        self.direct = DirectCalls(store, settings, self.lifecycle)
        self.memories = Memories(store, now)
        self.preparation = Preparation(store, analyst, self.lifecycle, self.memories, now, voices)
        self.signer = Signer(secret) if secret else None
        self.analysis = Analysis(store, analyst, self.lifecycle, transcripts, self.signer, elsewhere, screen)
        self.call_logs = CallLogs(store, now)
        self.reviews = Reviews(store, self.lifecycle, transcripts, now)
        self.invitations = Invitations(store, self.lifecycle, now)
        self.questions = OpenQuestions(store, self.lifecycle, now)
        self.sharing = Sharing(store, self.lifecycle, now, self.signer)

    def get(self, user_id: str, interview_id: str) -> Interview:
        with self._store.read() as db:
            return db.get_interview(interview_id, user_id).detached()

    def list(self, user_id: str) -> list[Interview]:
        """Newest first."""
        with self._store.read() as db:
            return [row.detached() for row in db.list_interviews(user_id)]

    def of_plan(self, user_id: str, plan_hash: str) -> builtins.list[Interview | SharedReport]:
        """Reports of one plan, oldest first: this visitor's own, and those that people they invited let them read."""
        own = [one for one in self.list(user_id) if one.plan_hash == plan_hash and one.report]
        invited = [
            self.invitations.report(user_id, one.id)
            for one, _, readable in self.invitations.list(user_id)
            if readable and one.plan.plan_hash == plan_hash
        ]
        return sorted([*own, *invited], key=lambda one: one.started_at or datetime.max.replace(tzinfo=UTC))

    def latest(self, count: int) -> builtins.list[Interview]:
        """Of all visitors, newest first; for administrators."""
        with self._store.read() as db:
            return [row.detached() for row in db.list_latest(count)]

    def find_lease_owner(self, *names: tuple[VisitorKind, str]) -> tuple[str, str | None] | None:
        """Id and lease's owner of the open interview of whoever has one of these names; makes no account."""
        with self._store.read() as db:
            return db.find_lease_owner(*names)

    def find_open(self, user_id: str) -> Interview | None:
        with self._store.read() as db:
            row = db.find_open_interview(user_id)
            return row.detached() if row else None
