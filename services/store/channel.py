"""One connection of its own to PostgreSQL: short messages between processes, and a lock that ends with its holder.

Messages are delivered at most once and to whoever listens at that moment, so nothing may depend on one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from services.core.errors import DatabaseAway
from services.store.database import CONNECT_TIMEOUT_S, open_engine

NAME = "syntaxia"


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise DatabaseAway from None


class Channel:
    """For one thread. It opens at first use and again after it broke, and must not pass a pooler that shares
    connections between transactions."""

    def __init__(self, url: str) -> None:
        engine = open_engine(url)
        self._url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        engine.dispose()
        self._connection: psycopg.Connection | None = None
        self._locks = set[str]()
        """Of this connection."""

    def __repr__(self) -> str:
        return "Channel()"

    def messages(self, within_s: float) -> list[str]:
        """What arrived since the last time, waiting at most this long for the first. Raises DatabaseAway."""
        with _answering():
            connection = self._open()
            return [message.payload for message in connection.notifies(timeout=within_s, stop_after=1)]

    def hold(self, lock: str) -> bool:
        """Whether this process has the lock now, by itself or from before; it has it until the connection ends.
        Raises DatabaseAway."""
        with _answering():
            connection = self._open()
            if lock not in self._locks:
                row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (lock,)).fetchone()
                if row is not None and row[0]:
                    self._locks.add(lock)
            return lock in self._locks

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._locks.clear()
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
            self._connection.execute(f"LISTEN {NAME}")
        return self._connection


def tell(connection: sa.Connection, message: str) -> None:
    """To every process that listens, when this transaction commits. On SQLite there is nobody to tell."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(NAME, message)))
