"""Transactions on the database: one object for the whole process, read and write blocks around its queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog

from services.core.errors import DatabaseAway
from services.store import database
from services.store.queries import Db
from services.store.tables import InterviewRow, User, VisitorKind

__all__ = ["Db", "InterviewRow", "Store", "User", "VisitorKind"]

log = structlog.get_logger(__name__)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        cause = getattr(error, "orig", None) or error
        log.warning("database away", error=type(cause).__name__)
        raise DatabaseAway from None


class Store:
    """Thread-safe; `repr` hides the password of the URL."""

    def __init__(self, url: str) -> None:
        self._engine = database.open_engine(url)
        self._writing_engine = self._engine.execution_options(writes=True)

    def __repr__(self) -> str:
        return f"Store({self._engine.url!r})"

    def migrate(self) -> None:
        """To the newest revision, whoever else starts at the same time. Raises DatabaseAway."""
        with _answering():
            database.migrate(self._engine)

    def ready(self) -> bool:
        """The database answers, and its schema is the one this program was written for."""
        return database.at_head(self._engine)

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Raises DatabaseAway."""
        with _answering(), Db(self._engine) as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Db]:
        """Commits when the block ends, rolls back when it raises. Raises DatabaseAway, also when a wait was too long.

        After DatabaseAway the commit may have happened all the same; every use case can be tried again.
        """
        with _answering(), Db(self._writing_engine, expire_on_commit=False) as db, db.begin():
            yield db

    def purge(self) -> None:
        """Makes what was deleted unreadable in the database's own files too."""
        database.purge(self._engine)

    def close(self) -> None:
        self._engine.dispose()
