"""The log of each call: written by the server at its end, completed by what the candidate's browser tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from services.core.call_log import LATE, Beacon, CallLog, SeenCall, browser_of
from services.core.errors import InterviewNotFound
from services.store.store import Store
from services.store.tables import CallBeaconRow, CallLogRow

log = structlog.get_logger(__name__)


class CallLogs:
    """Thread-safe; several processes may share one database."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def next_number(self, interview_id: str) -> int:
        """Of the call that begins now: 1, 2, … within the interview."""
        with self._store.read() as db:
            return db.count_calls(interview_id) + 1

    def write(self, interview_id: str, number: int, call: CallLog) -> None:
        """Once, when a call has ended; a second time changes nothing. An interview that was deleted gets none."""
        with self._store.write() as db:
            if db.find_interview(interview_id) is None:
                return
            db.lock_interview(interview_id)
            if db.get(CallLogRow, (interview_id, number)) is None:
                db.add(CallLogRow(interview_id=interview_id, call=number, **call.model_dump()))

    def tell(self, user_id: str, interview_id: str, beacon: Beacon, user_agent: str) -> None:
        """What a browser tells of its visitor's call. The first of each kind stays; one that is late or foreign is
        dropped without a word."""
        now = self._now()
        with self._store.write() as db:
            try:
                row = db.lock_interview(interview_id, user_id)
            except InterviewNotFound:
                return
            calls = db.list_calls([interview_id]).get(interview_id, [])
            if beacon.call > len(calls):
                # It goes on, or its end is being written.
                known = beacon.call == len(calls) + 1 and row.ended_at is None
            else:
                known = now - calls[beacon.call - 1].log.ended_at <= LATE
            if not known or db.get(CallBeaconRow, (interview_id, beacon.call, beacon.reason)) is not None:
                return
            db.add(
                CallBeaconRow(
                    interview_id=interview_id,
                    received_at=now,
                    browser=browser_of(user_agent),
                    **beacon.model_dump(exclude={"v"}),
                )
            )

    def of(self, interview_ids: Iterable[str]) -> dict[str, list[SeenCall]]:
        """By interview, in their order; whose they are is for the caller to know."""
        with self._store.read() as db:
            return db.list_calls(interview_ids)
