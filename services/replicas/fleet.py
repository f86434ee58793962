"""This process among the others on its database: its sign of life, what it knows of them, and what they tell it.

On SQLite there are no others, and all of this is a handful of constants.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from services.core.errors import DatabaseAway
from services.interviews.owners import is_gone, is_here, new_owner
from services.replicas.placement import Place, Replica, chosen
from services.settings import Settings
from services.store.channel import Channel
from services.store.store import Store
from services.store.tables import ReplicaRow

log = structlog.get_logger(__name__)

HEARTBEAT_S = 1.0
FORGOTTEN_S = 3600.0
SWEEP = "sweep"

Heard = Callable[[str, str], None]
"""Gets a message's kind and the interview it is about."""


class Fleet:
    """Thread-safe. `start` it before anything else; until then, and on SQLite, this process is alone."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self.id = settings.replica
        self.owner = new_owner()
        """Names this process in the leases it holds."""
        self.process = secrets.token_hex(8)
        """Names it to browsers, and says nothing about it."""
        self.draining = False
        """No new calls here; the process leaves once the running ones are over."""
        self._channel = Channel(settings.database_url.get_secret_value()) if settings.shares_database else None
        self._replicas: tuple[Replica, ...] = ()
        self._namesake = False
        self._leads = self._channel is None
        self._heard: Heard = lambda _kind, _id: None
        self._calls: Callable[[], int] = int
        self._lines: Callable[[], int] = int
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    # --- what others ask ---------------------------------------------------------------------------------------------

    @property
    def leads(self) -> bool:
        """Whether this process holds the lock of the sweep."""
        return self._leads

    @property
    def sweeps(self) -> bool:
        """Whether this process settles what dead ones left. One does, while all are well; a replica that hangs keeps
        the lock and does not sweep, so with one of them silent each does, which is as safe and only more work."""
        return self._leads or any(not one.alive for one in self._replicas)

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """As of the last look, a second ago."""
        return self._replicas

    @property
    def shared(self) -> bool:
        """There may be other replicas."""
        return self._channel is not None

    @property
    def several(self) -> bool:
        """Another replica is, or was a moment ago, there besides this one."""
        return len(self._replicas) > 1

    def place(self, lease_owner: str | None) -> Place:
        """Where the call or the words of an interview are whose lease has this owner."""
        if self._channel is None or lease_owner is None or is_here(lease_owner):
            return Place.HERE
        holder = next((one for one in self._replicas if one.owner == lease_owner), None)
        alive = holder is not None and holder.alive and not is_gone(lease_owner)
        return Place.ELSEWHERE if alive else Place.GONE

    def home(self, cookie: str | None, lease_owner: str | None) -> str:
        """The replica that a browser should come to."""
        return chosen(self._replicas, cookie=cookie, lease_owner=lease_owner, here=self.id)

    def takes_calls_elsewhere(self) -> bool:
        """This one takes no more calls, but another does."""
        here = next((one for one in self._replicas if one.owner == self.owner), None)
        full = self.draining or (here is not None and self._calls() >= here.lines)
        return full and any(one.welcoming and one.owner != self.owner for one in self._replicas)

    def drain(self, replica: str | None = None) -> None:
        """Asks a replica, by default this one, to take no new calls and to leave when it is done. Raises DatabaseAway
        for another one."""
        if replica in (None, self.id):
            self.draining = True
            return
        with self._store.write() as db:
            db.drain_replica(replica)

    def tell(self, kind: str, interview_id: str) -> None:
        """To the other replicas, at most once. Nothing may depend on it: leases are the safety net."""
        if self._channel is None:
            return
        try:
            with self._store.write() as db:
                db.tell(f"{kind}:{interview_id}")
        except DatabaseAway:
            log.warning("other replicas not told", kind=kind, interview_id=interview_id)

    # --- its own thread ----------------------------------------------------------------------------------------------

    def start(self, heard: Heard, calls: Callable[[], int], lines: Callable[[], int]) -> None:
        """`calls`: how many of this server's `lines` are taken. All are called from a thread of the fleet's own."""
        self._heard, self._calls, self._lines = heard, calls, lines
        if self._channel is not None:
            self._thread = threading.Thread(target=self._run, args=(self._channel,), name="fleet", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Blocks for a moment. The others know at once that this one has left."""
        self._closed.set()
        if self._thread is None or self._channel is None:
            return
        self._thread.join(timeout=2 * HEARTBEAT_S)
        try:
            with self._store.write() as db:
                db.drop_replicas(owner=self.owner)
        except DatabaseAway:
            log.warning("replica left without a word")

    def _run(self, channel: Channel) -> None:
        started, away = False, False
        while not self._closed.is_set():
            began = time.monotonic()
            try:
                self._beat(first=not started)
                started, away = True, False
                self._leads = channel.hold(SWEEP)
                while (left := began + HEARTBEAT_S - time.monotonic()) > 0 and not self._closed.is_set():
                    for message in channel.messages(left):
                        self._hear(message)
            except DatabaseAway:
                if not away:
                    log.warning("fleet out of touch")
                away, self._leads = True, False
                self._closed.wait(HEARTBEAT_S)
        self._leads = False
        channel.close()

    def _beat(self, *, first: bool) -> None:
        with self._store.write() as db:
            now = db.now()
            if not first:
                self._look_for_a_namesake(db.get(ReplicaRow, self.id))
            me = ReplicaRow(
                id=self.id,
                owner=self.owner,
                started_at=now,
                heartbeat_at=now,
                draining=self.draining,
                calls=self._calls(),
                lines=self._lines(),
            )
            if db.beat(me, first=first).draining and not self.draining:
                self.draining = True
            if first:
                db.drop_replicas(unseen_since=now - timedelta(seconds=FORGOTTEN_S))
            rows = db.list_replicas()
            self._replicas = tuple(
                Replica(
                    row.id,
                    row.owner,
                    (now - row.heartbeat_at).total_seconds(),
                    row.draining,
                    row.calls,
                    row.lines,
                )
                for row in rows
            )

    def _look_for_a_namesake(self, row: ReplicaRow | None) -> None:
        """Two processes that both write this row lead each other's browsers to the wrong one."""
        if row is not None and row.owner != self.owner and not self._namesake:
            self._namesake = True
            log.error("another server on this database has the same REPLICA: give each its own", replica=self.id)

    def _hear(self, message: str) -> None:
        kind, _, interview_id = message.partition(":")
        try:
            self._heard(kind, interview_id)
        except Exception as error:  # noqa: BLE001 (a boundary: whoever sent it cannot be answered)
            log.error("message not understood", kind=kind, error=type(error).__name__)
