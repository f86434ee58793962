"""The tables and the connection, on SQLite and on PostgreSQL."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from services.core.errors import DatabaseAway, InsufficientCredit
from services.core.interview import TurnMetrics
from services.core.ledger import debit, signup_grant
from services.core.talk.transcript import Speaker
from services.store import database
from services.store.store import Store
from services.store.tables import User
from tests.clock import Clock
from tests.conftest import PROCESSES, Databases
from tests.stage import Stage
from tests.waiting import PATIENCE_S

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KINDS = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def add_user(store: Store, credits: int = 0, at: datetime = AT) -> str:
    with store.write() as db:
        db.add_user(User(id="u1", subject="s1", kind="guest", created_at=at))
        if credits:
            db.post("u1", signup_grant("u1", credits, at))
    return "u1"


def tables(store: Store) -> set[str]:
    with store.read() as db:
        return set(sa.inspect(db.connection()).get_table_names())


# --- migrations ------------------------------------------------------------------------------------------------------


def test_migrated_schema_equals_the_tables_declared(db: Store) -> None:
    with db.read() as transaction:
        context = MigrationContext.configure(transaction.connection(), opts={"compare_type": True})

        assert compare_metadata(context, SQLModel.metadata) == []


@KINDS
def test_store_is_ready_once_migrated(databases: Databases, kind: str) -> None:
    store = Store(databases.empty(kind))

    before = store.ready()
    store.migrate()

    assert (before, store.ready()) == (False, True)
    assert tables(store) >= {"users", "credit_entries", "interview_sessions", "turns"}
    store.close()


@KINDS
def test_migrating_again_keeps_what_is_there(databases: Databases, kind: str) -> None:
    store = Store(databases.empty(kind))
    store.migrate()
    add_user(store, 60)

    store.migrate()

    with store.read() as db:
        assert db.balance("u1") == 60
    store.close()


def test_turns_of_an_older_database_get_the_key_of_their_voice(db: Store, clock: Clock) -> None:
    interview = Stage(db, clock).prepare()
    turn = TurnMetrics(
        number=1,
        speaker=Speaker.EMA,
        question_id="q1",
        started_ms=0,
        ended_ms=900,
        words=7,
        provider="OpenAI Realtime",
    )
    with db.write() as transaction:
        transaction.add_turns(interview.id, [turn, turn.model_copy(update={"number": 2, "provider": "gemini"})])
        transaction.connection().execute(sa.text("UPDATE alembic_version SET version_num = '0010'"))

    db.migrate()

    with db.read() as transaction:
        assert [row.provider for row in transaction.list_turns(interview.id)] == ["openai", "gemini"]


def migrate_when_told(url: str, start: Barrier) -> None:
    store = Store(url)
    start.wait(PATIENCE_S)
    store.migrate()


@KINDS
def test_processes_starting_together_migrate_once(databases: Databases, kind: str) -> None:
    url, start = databases.empty(kind), PROCESSES.Barrier(3)
    starters = [PROCESSES.Process(target=migrate_when_told, args=(url, start)) for _ in range(3)]

    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(PATIENCE_S)

    assert [starter.exitcode for starter in starters] == [0, 0, 0]
    assert Store(url).ready()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody:hidden@127.0.0.1:1/none", "postgres://nobody:hidden@127.0.0.1:1/none"]
)
def test_unreachable_database_is_not_ready(url: str) -> None:
    store = Store(url)

    assert not store.ready()
    assert "hidden" not in repr(store)
    with pytest.raises(DatabaseAway):
        store.migrate()


def test_looking_whether_it_is_ready_keeps_no_statement(databases: Databases) -> None:
    statements: dict[Any, Any] = {}
    engine = database.open_engine(databases.sqlite()).execution_options(compiled_cache=statements)

    looks = [database.at_head(engine) for _ in range(3)]

    assert looks == [True] * 3
    assert statements == {}


def test_database_of_another_revision_is_not_ready(db: Store) -> None:
    with db.write() as transaction:
        transaction.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert not db.ready()


def test_connection_that_breaks_is_replaced(databases: Databases) -> None:
    store = Store(databases.postgresql())

    with pytest.raises(DatabaseAway), store.write() as db:
        db.connection().exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    assert add_user(store, 60) == "u1"
    store.close()


# --- the connection --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
def test_url_we_cannot_serve_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL must"):
        Store(url)


def test_url_as_hosters_write_it_works(databases: Databases) -> None:
    url = databases.postgresql().replace("postgresql+psycopg://", "postgres://")

    assert Store(url).ready()


def test_sqlite_file_is_closed_to_others(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/var/deep/file.db")
    store.migrate()
    add_user(store)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var").rglob("*")}

    assert modes.pop("deep") == 0o700
    assert set(modes.values()) == {0o600}
    assert "file.db-wal" in modes
    store.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 10_000), ("secure_delete", 1), ("synchronous", 2)],
)
def test_sqlite_is_configured(databases: Databases, pragma: str, value: object) -> None:
    with Store(databases.sqlite()).read() as db:
        assert db.connection().exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize("setting", ["statement_timeout", "idle_in_transaction_session_timeout"])
def test_postgresql_gives_up_on_waits(databases: Databases, setting: str) -> None:
    with Store(databases.postgresql()).read() as db:
        assert db.connection().exec_driver_sql(f"SHOW {setting}").scalar() == "10s"


def test_times_come_back_aware_in_utc(db: Store) -> None:
    elsewhere = datetime(2026, 11, 21, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    add_user(db, at=elsewhere)

    with db.read() as transaction:
        stored = transaction.find_user("guest", "s1")

    assert stored is not None
    assert (stored.created_at, stored.created_at.tzinfo) == (elsewhere, UTC)


def test_time_without_a_zone_is_refused(db: Store) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        add_user(db, at=datetime(2026, 11, 21))  # noqa: DTZ001


# --- what the database itself refuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE interview_sessions SET status = 'paused'",
        "UPDATE interview_sessions SET pace = 'hasty'",
        "UPDATE users SET kind = 'robot'",
        "UPDATE credit_entries SET kind = 'gift'",
        "UPDATE credit_entries SET amount = 0",
        "UPDATE interview_sessions SET user_id = 'nobody'",
        "INSERT INTO credit_entries SELECT 9, user_id, amount, kind, key, reason, NULL, created_at FROM credit_entries",
        "INSERT INTO users (id, subject, kind, created_at) SELECT 'u2', subject, kind, created_at FROM users",
        "DELETE FROM users",
    ],
)
def test_database_refuses_what_rules_forbid(db: Store, clock: Clock, change: str) -> None:
    Stage(db, clock).prepare()

    with pytest.raises(sa.exc.IntegrityError), db.write() as transaction:
        transaction.connection().exec_driver_sql(change)


def test_interview_that_breaks_a_check_is_refused(db: Store, clock: Clock) -> None:
    stage = Stage(db, clock)
    interview = stage.prepare()
    with db.read() as transaction:
        row = transaction.get_interview(interview.id).model_copy(update={"id": "other", "status": "paused"})

    stage.interviews.lifecycle.abandon(stage.user, interview.id)

    with pytest.raises(sa.exc.IntegrityError), db.write() as transaction:
        transaction.add_interview(type(row)(**row.model_dump()))


def test_failed_transaction_leaves_nothing(db: Store) -> None:
    add_user(db, 60)

    with pytest.raises(InsufficientCredit), db.write() as transaction:
        [transaction.post("u1", debit(interview, 50, AT)) for interview in ("i1", "i2")]

    with db.read() as transaction:
        assert transaction.balance("u1") == 60


# --- money -----------------------------------------------------------------------------------------------------------


def test_same_key_is_posted_once(db: Store) -> None:
    add_user(db, 60)

    with db.write() as transaction:
        posted = [transaction.post("u1", debit("i1", 15, AT)) for _ in range(3)]

    assert posted == [True, False, False]
    with db.read() as transaction:
        assert [entry.amount for entry in transaction.list_entries("u1")] == [60, -15]


def spend(store: Store, interview_id: str) -> bool:
    try:
        with store.write() as db:
            return db.post("u1", debit(interview_id, 15, AT))
    except InsufficientCredit:
        return False


def spend_when_told(url: str, name: str, start: Barrier) -> None:
    store = Store(url)
    start.wait(PATIENCE_S)
    for number in range(10):
        spend(store, f"{name}{number}")


@KINDS
def test_racing_processes_never_overdraw(databases: Databases, kind: str) -> None:
    url, start = getattr(databases, kind)(), PROCESSES.Barrier(2)
    store = Store(url)
    add_user(store, 50)
    racers = [PROCESSES.Process(target=spend_when_told, args=(url, name, start)) for name in "ab"]

    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(PATIENCE_S)

    with store.read() as db:
        assert [entry.amount for entry in db.list_entries("u1")] == [50, -15, -15, -15]
    assert [racer.exitcode for racer in racers] == [0, 0]
    store.close()


def test_racing_threads_never_overdraw(db: Store) -> None:
    add_user(db, 50)

    with ThreadPoolExecutor(20) as pool:
        spent = list(pool.map(lambda number: spend(db, f"i{number}"), range(20)))

    assert spent.count(True) == 3
    with db.read() as transaction:
        assert transaction.balance("u1") == 5


# --- turns -----------------------------------------------------------------------------------------------------------


def test_turn_written_again_replaces_the_row(db: Store, clock: Clock) -> None:
    interview = Stage(db, clock).prepare()
    turn = TurnMetrics(number=1, speaker=Speaker.EMA, question_id="q1", started_ms=0, ended_ms=900, words=7)
    longer = turn.model_copy(update={"ended_ms": 1500, "words": 11, "latency_ms": 380})

    with db.write() as transaction:
        transaction.add_turns(interview.id, [turn])
        transaction.add_turns(interview.id, [longer, turn.model_copy(update={"number": 2})])

    with db.read() as transaction:
        assert [(row.number, row.words) for row in transaction.list_turns(interview.id)] == [(1, 11), (2, 7)]


def test_the_databases_time_is_aware_and_goes_on_within_a_transaction(db: Store) -> None:
    with db.read() as transaction:
        first, second = transaction.now(), transaction.now()

    assert first.tzinfo is UTC
    assert first < second
