"""What can be asked of the tables. A transaction that writes locks the user's row first.

That row is the lock for everything of a user's: ledger and interviews. So two processes never decide on the same
balance, and no two locks are ever taken in different orders.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.core.call_log import Beacon, CallLog, SeenCall
from services.core.errors import InterviewAlreadyOpen, InterviewNotFound
from services.core.interview import LEASE_S, OPEN, SETUP_KEPT_S, Status, TurnMetrics
from services.core.invitation import Invitation
from services.core.ledger import LedgerEntry, debit_key, require_cover
from services.core.plan.memory import Memory
from services.core.sharing import ShareLink
from services.core.usage import Spending
from services.store.channel import tell
from services.store.tables import (
    AccessToken,
    CallBeaconRow,
    CallLogRow,
    CreditEntry,
    InterviewRow,
    InvitationRow,
    IssuedToken,
    MemoryRow,
    OpenQuestionRow,
    ReplicaRow,
    ShareLinkRow,
    SpendingRow,
    TurnRow,
    User,
    VisitorKind,
)


class Taken(Exception):
    """Another transaction gave this name to an account first; trying again finds it."""


class Db(Session):
    """One transaction."""

    def now(self) -> datetime:
        """The database's time of day, aware: the one clock that several hosts agree on. SQLite has its host's."""
        if self.get_bind().dialect.name != "postgresql":
            return datetime.now(UTC)
        # Not `now()`, which stands still from the beginning of a transaction on, however long it waited for a lock.
        at: datetime = self.connection().execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return at.astimezone(UTC)

    def tell(self, message: str) -> None:
        """To the other processes on this database, once this commits; see `channel`."""
        tell(self.connection(), message)

    def beat(self, me: ReplicaRow, *, first: bool) -> ReplicaRow:
        """Writes this replica's row and returns it as it is now, `draining` too, if somebody asked for that."""
        row = None if first else self.get(ReplicaRow, me.id, with_for_update=True)
        if row is None:
            # Another process may begin under this name at this moment, by mistake.
            self.exec(insert(ReplicaRow).values(me.model_dump()).on_conflict_do_nothing())
            row = self.get_one(ReplicaRow, me.id, with_for_update=True)
        if first:
            row.started_at, row.draining = me.started_at, False
        row.owner, row.heartbeat_at, row.calls, row.lines = me.owner, me.heartbeat_at, me.calls, me.lines
        row.draining = row.draining or me.draining
        return row

    def list_replicas(self) -> list[ReplicaRow]:
        return list(self.exec(select(ReplicaRow).order_by(col(ReplicaRow.id))))

    def drain_replica(self, replica: str) -> None:
        self.exec(sa.update(ReplicaRow).where(col(ReplicaRow.id) == replica).values(draining=True))

    def drop_replicas(self, *, owner: str = "", unseen_since: datetime | None = None) -> None:
        """This process's own row, or those that gave no sign of life since."""
        gone = col(ReplicaRow.owner) == owner if unseen_since is None else col(ReplicaRow.heartbeat_at) < unseen_since
        self.exec(sa.delete(ReplicaRow).where(gone))

    def find_lease_owner(self, *names: tuple[VisitorKind, str]) -> tuple[str, str | None] | None:
        """The open interview of whoever has one of these names, and who holds its lease; None without one."""
        named = sa.or_(*(sa.and_(col(User.kind) == kind, col(User.subject) == subject) for kind, subject in names))
        mine = sa.select(col(InterviewRow.id), col(InterviewRow.lease_owner)).join(
            User, col(User.id) == col(InterviewRow.user_id)
        )
        found = self.connection().execute(mine.where(named, col(InterviewRow.status).in_(OPEN))).first()
        return (found[0], found[1]) if found else None

    def list_open_ids(self, interview_ids: Iterable[str]) -> set[str]:
        """Those of them that are open."""
        ids = col(InterviewRow.id)
        return set(self.exec(select(ids).where(ids.in_(list(interview_ids)), col(InterviewRow.status).in_(OPEN))))

    def find_user(self, kind: VisitorKind, subject: str) -> User | None:
        return self.exec(select(User).where(User.kind == kind, User.subject == subject)).first()

    def add_user(self, user: User) -> bool:
        """False when somebody else added the same subject."""
        try:
            with self.begin_nested():
                self.add(user)
        except sa.exc.IntegrityError:
            return False
        return True

    def get_user(self, user_id: str) -> User:
        return self.exec(select(User).where(User.id == user_id)).one()

    def name_user(self, user: User, kind: VisitorKind, subject: str) -> None:
        """Also adds a new one. Raises Taken when somebody else has the name by now."""
        try:
            with self.begin_nested():
                user.kind, user.subject = kind, subject
                self.add(user)
        except sa.exc.IntegrityError:
            raise Taken from None

    def add_interview(self, row: InterviewRow) -> None:
        """Raises InterviewAlreadyOpen: the partial unique index says so, no look-up before could be sure."""
        self.lock_user(row.user_id)
        try:
            with self.begin_nested():
                self.add(row)
        except sa.exc.IntegrityError:
            known = self.find_open_interview(row.user_id)
            if known is None:
                raise
            raise InterviewAlreadyOpen(known.id) from None

    def lock_user(self, user_id: str) -> None:
        self.exec(select(User.id).where(User.id == user_id).with_for_update()).one()

    def lock_interview(self, interview_id: str, user_id: str | None = None) -> InterviewRow:
        """The interview as it is now, with user and payer locked. Raises InterviewNotFound, also for another user's."""
        # The row itself is read only once its user is locked: before, it may be out of date. A guest's interview may
        # have become a user's while this transaction waited.
        locked: set[str] = set()
        while missing := self._find_parties(interview_id) - locked:
            for party in sorted(missing):
                self.lock_user(party)
            locked |= missing
        return self.get_interview(interview_id, user_id)

    def _find_parties(self, interview_id: str) -> set[str]:
        """Its owner, and its payer where that is another. Raises InterviewNotFound."""
        parties = select(InterviewRow.user_id, InterviewRow.payer_id).where(InterviewRow.id == interview_id)
        found = self.exec(parties).first()
        if found is None:
            raise InterviewNotFound
        return {party for party in found if party is not None}

    def get_interview(self, interview_id: str, user_id: str | None = None) -> InterviewRow:
        """Raises InterviewNotFound, also when the interview is not this user's."""
        row = self.exec(select(InterviewRow).where(InterviewRow.id == interview_id)).first()
        if row is None or user_id not in (None, row.user_id):
            raise InterviewNotFound
        return row

    def find_interview(self, interview_id: str) -> InterviewRow | None:
        return self.exec(select(InterviewRow).where(InterviewRow.id == interview_id)).first()

    def find_open_interview(self, user_id: str) -> InterviewRow | None:
        mine = select(InterviewRow).where(InterviewRow.user_id == user_id)
        return self.exec(mine.where(col(InterviewRow.status).in_(OPEN))).first()

    def move_interviews(self, from_user_id: str, to_user_id: str) -> None:
        theirs = col(InterviewRow.user_id) == from_user_id
        self.exec(sa.update(InterviewRow).where(theirs).values(user_id=to_user_id))
        paid = (col(InterviewRow.payer_id) == from_user_id) & col(InterviewRow.charge_committed_at).is_(None)
        self.exec(sa.update(InterviewRow).where(paid).values(payer_id=to_user_id))
        hosted = col(InvitationRow.host_id) == from_user_id
        self.exec(sa.update(InvitationRow).where(hosted).values(host_id=to_user_id))

    def find_plan(self, plan_key: str) -> Mapping[str, Any] | None:
        """The plan made first under this key, whoever's interview it is in."""
        made = select(InterviewRow.plan).where(InterviewRow.plan_key == plan_key)
        return self.exec(made.order_by(col(InterviewRow.created_at), col(InterviewRow.id))).first()

    def list_interviews(self, user_id: str) -> list[InterviewRow]:
        """Newest first."""
        mine = select(InterviewRow).where(InterviewRow.user_id == user_id)
        return list(self.exec(mine.order_by(col(InterviewRow.created_at).desc(), col(InterviewRow.id))))

    def list_latest(self, count: int) -> list[InterviewRow]:
        """Of everybody, newest first."""
        newest = col(InterviewRow.created_at).desc()
        return list(self.exec(select(InterviewRow).order_by(newest, col(InterviewRow.id)).limit(count)))

    def list_lapsed_ids(self, at: datetime) -> list[str]:
        """Of interviews that look given up at this instant, oldest first; `core.interview` decides."""
        running = col(InterviewRow.status).in_((Status.ACTIVE, Status.ANALYZING))
        lease_until = col(InterviewRow.lease_until)
        outlasting = lease_until > at + timedelta(seconds=2 * LEASE_S)
        lease_out = sa.or_(lease_until.is_(None), lease_until <= at, outlasting)
        waiting = col(InterviewRow.status) == Status.SETUP
        old = col(InterviewRow.created_at) <= at - timedelta(seconds=SETUP_KEPT_S)
        query = select(InterviewRow.id).where(sa.or_(sa.and_(running, lease_out), sa.and_(waiting, old)))
        return list(self.exec(query.order_by(col(InterviewRow.created_at), col(InterviewRow.id))))

    def hold_analyzing(self, interview_ids: Iterable[str], until: datetime) -> None:
        """Renews the leases of interviews whose transcript this process holds."""
        mine = sa.and_(col(InterviewRow.id).in_(list(interview_ids)), col(InterviewRow.status) == Status.ANALYZING)
        self.exec(sa.update(InterviewRow).where(mine).values(lease_until=until))

    def add_turns(self, interview_id: str, turns: Iterable[TurnMetrics]) -> None:
        for turn in turns:
            self.merge(TurnRow(interview_id=interview_id, **turn.model_dump()))

    def list_turns(self, interview_id: str) -> list[TurnMetrics]:
        query = select(TurnRow).where(TurnRow.interview_id == interview_id).order_by(col(TurnRow.number))
        return [TurnMetrics.model_validate(row) for row in self.exec(query)]

    def list_past(self, since: datetime) -> list[Mapping[str, Any]]:
        """What a scoreboard needs of every interview made since, oldest first."""
        row = InterviewRow
        columns = (
            row.id, row.provider, row.status, row.created_at, row.started_at, row.duration_s, row.failure_reason,
        )  # fmt: skip
        query = sa.select(*columns).where(col(row.created_at) >= since).order_by(col(row.created_at))  # type: ignore[call-overload]
        return [dict(found) for found in self.connection().execute(query).mappings()]

    def list_past_turns(self, since: datetime) -> list[Mapping[str, Any]]:
        """The figures of every turn of those interviews."""
        row = TurnRow
        columns = (row.provider, row.speaker, row.words, row.interrupted, row.latency_ms)
        made = sa.select(InterviewRow.id).where(col(InterviewRow.created_at) >= since)  # type: ignore[call-overload]
        query = sa.select(*columns).where(col(row.interview_id).in_(made))  # type: ignore[call-overload]
        return [dict(found) for found in self.connection().execute(query).mappings()]

    def put_spending(self, spending: Spending) -> None:
        """An earlier one with the same key is replaced."""
        fields = {known.name: getattr(spending, known.name) for known in dataclasses.fields(spending)}
        usd = None if spending.usd is None else str(spending.usd)
        self.merge(SpendingRow(**{**fields, "quantities": dict(spending.quantities), "usd": usd}))

    def list_spendings(self, since: datetime, interview_id: str | None = None) -> list[Spending]:
        """Oldest first; what was updated at this instant or later, of one interview where it is named."""
        query = select(SpendingRow).where(col(SpendingRow.updated_at) >= since)
        if interview_id is not None:
            query = query.where(SpendingRow.interview_id == interview_id)
        rows = self.exec(query.order_by(col(SpendingRow.began_at), col(SpendingRow.number)))
        return [Spending(**{**row.model_dump(), "usd": None if row.usd is None else Decimal(row.usd)}) for row in rows]

    def list_spendings_besides_users(self, since: datetime) -> list[Spending]:
        """Of interviews that are not a signed-in user's: a guest's, or deleted."""
        spendings = self.list_spendings(since)
        users = select(InterviewRow.id).join(User, col(User.id) == InterviewRow.user_id).where(User.kind == "user")
        theirs = set(self.exec(users.where(col(InterviewRow.id).in_({spent.interview_id for spent in spendings}))))
        return [spent for spent in spendings if spent.interview_id not in theirs]

    def count_calls(self, interview_id: str) -> int:
        query = select(sa.func.count()).select_from(CallLogRow).where(CallLogRow.interview_id == interview_id)
        return self.exec(query).one()

    def list_calls(self, interview_ids: Iterable[str]) -> dict[str, list[SeenCall]]:
        """The logs of each interview's calls, in their order."""
        ids = list(interview_ids)
        told: dict[tuple[str, int], CallBeaconRow] = {}
        for row in self.exec(
            select(CallBeaconRow)
            .where(col(CallBeaconRow.interview_id).in_(ids))
            .order_by(col(CallBeaconRow.received_at))
        ):
            told[row.interview_id, row.call] = row
        found: dict[str, list[SeenCall]] = {}
        calls = select(CallLogRow).where(col(CallLogRow.interview_id).in_(ids)).order_by(col(CallLogRow.call))
        for log in self.exec(calls):
            last = told.get((log.interview_id, log.call))
            seen = SeenCall(
                number=log.call,
                log=CallLog.model_validate(log),
                beacon=Beacon.model_validate({**last.model_dump(include=set(Beacon.model_fields)), "v": 1})
                if last
                else None,
                browser=last.browser if last else None,
            )
            found.setdefault(log.interview_id, []).append(seen)
        return found

    def balance(self, user_id: str) -> int:
        total = select(sa.func.coalesce(sa.func.sum(CreditEntry.amount), 0)).where(CreditEntry.user_id == user_id)
        return int(self.exec(total).one())

    def list_entries(self, user_id: str) -> list[LedgerEntry]:
        """Oldest first."""
        mine = select(CreditEntry).where(CreditEntry.user_id == user_id).order_by(col(CreditEntry.id))
        return [LedgerEntry.model_validate(row) for row in self.exec(mine)]

    def find_entry(self, key: str) -> LedgerEntry | None:
        row = self.exec(select(CreditEntry).where(CreditEntry.key == key)).first()
        return None if row is None else LedgerEntry.model_validate(row)

    def find_payer(self, interview_id: str) -> str | None:
        """Whose ledger holds the interview's debit: a guest's, also after the interview became a user's."""
        charged = select(CreditEntry.user_id).where(CreditEntry.key == debit_key(interview_id))
        return self.exec(charged).first()

    def post(self, user_id: str, entry: LedgerEntry) -> bool:
        """Appends the entry, with the user locked; False when its key is there already. Raises InsufficientCredit."""
        self.lock_user(user_id)
        if self.find_entry(entry.key):
            return False
        require_cover(self.balance(user_id), entry)
        self.add(CreditEntry(user_id=user_id, **entry.model_dump()))
        self.flush()
        return True

    # --- access tokens -----------------------------------------------------------------------------------------------

    def list_tokens(self, user_id: str) -> list[AccessToken]:
        """Newest first."""
        mine = select(AccessToken).where(AccessToken.user_id == user_id)
        return list(self.exec(mine.order_by(col(AccessToken.created_at).desc())))

    def find_token(self, secret_sha256: str) -> AccessToken | None:
        return self.exec(select(AccessToken).where(AccessToken.secret_sha256 == secret_sha256)).first()

    def delete_tokens(self, user_id: str, token_id: str | None = None) -> None:
        """All of a user's, or this one if it is theirs."""
        mine = col(AccessToken.user_id) == user_id
        self.exec(sa.delete(AccessToken).where(mine if token_id is None else mine & (col(AccessToken.id) == token_id)))

    # --- links to a report -------------------------------------------------------------------------------------------

    def list_links(self, interview_id: str) -> list[ShareLink]:
        """Newest first."""
        made = select(ShareLinkRow).where(ShareLinkRow.interview_id == interview_id)
        rows = self.exec(made.order_by(col(ShareLinkRow.created_at).desc(), col(ShareLinkRow.id)))
        return [ShareLink.model_validate(row, from_attributes=True) for row in rows]

    def find_link(self, token_sha256: str) -> ShareLinkRow | None:
        return self.exec(select(ShareLinkRow).where(ShareLinkRow.token_sha256 == token_sha256)).first()

    def revoke_links(self, interview_id: str, at: datetime, link_id: str | None = None) -> None:
        """All of an interview's, or this one if it is its; one that was revoked before stays as it is."""
        chosen = (col(ShareLinkRow.interview_id) == interview_id) & col(ShareLinkRow.revoked_at).is_(None)
        if link_id is not None:
            chosen &= col(ShareLinkRow.id) == link_id
        self.exec(sa.update(ShareLinkRow).where(chosen).values(revoked_at=at))

    def count_view(self, link_id: str, at: datetime) -> None:
        views = {"views": ShareLinkRow.views + 1, "last_viewed_at": at}
        self.exec(sa.update(ShareLinkRow).where(col(ShareLinkRow.id) == link_id).values(**views))

    # --- invitations -------------------------------------------------------------------------------------------------

    def list_invitations(self, host_id: str) -> list[Invitation]:
        """Newest first."""
        made = select(InvitationRow).where(InvitationRow.host_id == host_id)
        rows = self.exec(made.order_by(col(InvitationRow.created_at).desc(), col(InvitationRow.id)))
        return [_invitation(row) for row in rows]

    def get_invitation(self, invitation_id: str) -> InvitationRow:
        return self.exec(select(InvitationRow).where(InvitationRow.id == invitation_id)).one()

    def find_invitation(self, invitation_id: str) -> Invitation | None:
        row = self.exec(select(InvitationRow).where(InvitationRow.id == invitation_id)).first()
        return _invitation(row) if row else None

    def find_invitation_by(self, token_sha256: str) -> Invitation | None:
        # As the database has it now, whatever this transaction read before it waited for a lock.
        asked = select(InvitationRow).where(InvitationRow.token_sha256 == token_sha256)
        row = self.exec(asked.execution_options(populate_existing=True)).first()
        return _invitation(row) if row else None

    def take_invitation(self, invitation_id: str, interview_id: str, at: datetime) -> None:
        this = col(InvitationRow.id) == invitation_id
        self.exec(sa.update(InvitationRow).where(this).values(taken_at=at, interview_id=interview_id))

    def revoke_invitation(self, host_id: str, invitation_id: str, at: datetime) -> None:
        """Only the host's own, and only one that waits."""
        own = (col(InvitationRow.id) == invitation_id) & (col(InvitationRow.host_id) == host_id)
        waiting = own & col(InvitationRow.taken_at).is_(None) & col(InvitationRow.revoked_at).is_(None)
        self.exec(sa.update(InvitationRow).where(waiting).values(revoked_at=at))

    def delete_invitations(self, host_id: str) -> None:
        self.exec(sa.delete(InvitationRow).where(col(InvitationRow.host_id) == host_id))

    def count_uncharged(self, payer_id: str, besides: str | None) -> int:
        """Of the interviews this user pays for, those that run and are not charged yet, one left out."""
        row = InterviewRow
        pays = sa.func.coalesce(col(row.payer_id), col(row.user_id)) == payer_id
        running = (col(row.status) == Status.ACTIVE) & col(row.charge_committed_at).is_(None)
        theirs = select(sa.func.count()).select_from(row).where(pays, running, col(row.id) != (besides or ""))
        return int(self.exec(theirs).one())

    # --- what candidates asked ---------------------------------------------------------------------------------------

    def list_open_questions(self, interview_id: str) -> list[OpenQuestionRow]:
        """In the order in which they were asked."""
        asked = select(OpenQuestionRow).where(OpenQuestionRow.interview_id == interview_id)
        return list(self.exec(asked.order_by(col(OpenQuestionRow.number))))

    # --- what is remembered ------------------------------------------------------------------------------------------

    def list_memories(self, user_id: str) -> list[Memory]:
        """Newest first."""
        mine = select(MemoryRow).where(MemoryRow.user_id == user_id)
        newest = (col(MemoryRow.created_at).desc(), col(MemoryRow.kind), col(MemoryRow.subject))
        return [Memory.model_validate(row) for row in self.exec(mine.order_by(*newest))]

    def delete_memories(self, user_id: str, memory_ids: Iterable[str] | None = None) -> int:
        """All of a user's, or these as far as they are theirs; returns how many there were."""
        mine = col(MemoryRow.user_id) == user_id
        chosen = mine if memory_ids is None else mine & col(MemoryRow.id).in_(list(memory_ids))
        return int(self.exec(sa.delete(MemoryRow).where(chosen)).rowcount)

    # --- ephemeral tokens that were given away -----------------------------------------------------------------------

    def find_issued(self, interview_id: str) -> IssuedToken | None:
        return self.exec(select(IssuedToken).where(IssuedToken.interview_id == interview_id)).first()

    def list_unsettled(self, issued_before: datetime) -> list[IssuedToken]:
        """Oldest first."""
        open_ones = select(IssuedToken).where(col(IssuedToken.settled_at).is_(None))
        due = open_ones.where(col(IssuedToken.issued_at) <= issued_before)
        return list(self.exec(due.order_by(col(IssuedToken.issued_at))))

    def count_unsettled(self, user_id: str, besides: str | None) -> int:
        """Of a user's tokens, those that will still be charged, one interview's left out."""
        theirs = select(sa.func.count()).where(IssuedToken.user_id == user_id, col(IssuedToken.settled_at).is_(None))
        return int(self.exec(theirs.where(col(IssuedToken.interview_id) != (besides or ""))).one())


def _invitation(row: InvitationRow) -> Invitation:
    return Invitation.model_validate(row.model_dump(include=set(Invitation.model_fields)))
