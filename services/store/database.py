"""The database connection: one URL gives an engine for SQLite or PostgreSQL, migrated before it is used.

Both speak to the rest of the program alike: transactions that write are serialised before they read (SQLite by
BEGIN IMMEDIATE, PostgreSQL by the row locks of `store`), times are aware and UTC, and every wait has an end.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import stamina
import structlog
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_MS = 10_000
MIGRATION_TIMEOUT_MS = 60_000
MIGRATION_LOCK = 0x53594E54
"""Any constant: replicas that start together take this advisory lock in turn."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_engine(url: str) -> sa.Engine:
    """Connects to nothing yet; a SQLite file and its directory are created, closed to other accounts."""
    parsed = _parsed(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)


def _parsed(url: str) -> sa.URL:
    """Hosters write `postgres://` or `postgresql://`; both mean the driver we have."""
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("DATABASE_URL must begin with sqlite:///, postgres:// or postgresql://")
    return parsed


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("DATABASE_URL must name a SQLite file: sqlite:///path/to/file.db")
    path = Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": STATEMENT_TIMEOUT_MS / 1000})
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction control begins too late for BEGIN IMMEDIATE; ours is the only one.
    connection.isolation_level = None
    # Deleted job descriptions must not linger in free pages.
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and asks for the write lock later fails at once when another one wrote in between.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_timeout=CONNECT_TIMEOUT_S,
        # Poolers in front of a server hand its prepared statements to other clients.
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "prepare_threshold": None},
    )
    sa.event.listen(engine, "connect", _configure_postgresql)
    return engine


def _configure_postgresql(connection: Any, _record: object) -> None:
    # Not as start-up options: poolers refuse those.
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {STATEMENT_TIMEOUT_MS}")
    connection.commit()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@functools.cache
def _heads() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def migrate(engine: sa.Engine) -> None:
    """Brings the database to the newest revision, in one transaction; processes that start together take turns."""
    from alembic import command

    if engine.dialect.name == "sqlite":
        _use_wal(engine)
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {MIGRATION_TIMEOUT_MS}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    log.info("database migrated", backend=engine.dialect.name, heads=sorted(_heads()))


def _use_wal(engine: sa.Engine) -> None:
    """Kept by the file itself, so once is enough. It cannot be changed inside a transaction.

    SQLite itself does not wait here for another process that changes it, whatever the busy timeout.
    """
    raw = engine.raw_connection()
    try:
        for attempt in stamina.retry_context(
            on=sqlite3.OperationalError, attempts=None, timeout=CONNECT_TIMEOUT_S, wait_initial=0.02, wait_max=0.2
        ):
            with attempt:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def at_head(engine: sa.Engine) -> bool:
    """False when the database cannot be reached, or when its schema is not the one this program was written for."""
    try:
        with engine.connect() as connection:
            # Alembic's own look makes a table each time, and SQLAlchemy would keep the statements of hundreds.
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            return frozenset(found.scalars()) == _heads()
    except SQLAlchemyError as error:
        log.warning("database unreachable", error=type(error).__name__)
        return False


def purge(engine: sa.Engine) -> None:
    """After a deletion on SQLite: empties the write-ahead log, which still holds the pages as they were."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()
