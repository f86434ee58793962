"""An offline voice that understands the sample candidate: its captions are the script's own words.

A recogniser on this server may be late on a busy machine, and a demo must not depend on it. Everything else of the
voice stays as it is: turns are still found by ear.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from services.core.talk.events import ProviderEvent, UserText
from services.samples.candidate import Words
from services.vendors.base import Check, Connection, Provider, Resume, Terms


def understanding(provider: Provider, words: Words) -> Provider:
    """The same provider where its captions are good by themselves."""
    return _Understanding(provider, words) if provider.info.capabilities.local_captions else provider


class _Understanding:
    def __init__(self, provider: Provider, words: Words) -> None:
        capabilities = dataclasses.replace(provider.info.capabilities, rough_captions=False, local_captions="")
        self.info = dataclasses.replace(provider.info, capabilities=capabilities)
        self._provider, self._words = provider, words

    async def check(self) -> Check:
        return await self._provider.check()

    def warm(self) -> None:
        self._provider.warm()

    def expect(self) -> None:
        """Words that are known need no recogniser."""

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[Connection]:
        async with self._provider.connect(terms, resume) as connection:
            yield cast(Connection, _Understood(connection, self._words))


class _Understood:
    """A connection whose captions are replaced; all else is the connection's own."""

    def __init__(self, connection: Connection, words: Words) -> None:
        self._connection, self._words = connection, words

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        async for event in self._connection:
            if not isinstance(event, UserText):
                yield event
                continue
            text = self._words.take() if event.final else self._words.so_far()
            yield dataclasses.replace(event, text=text, append=False, confidence=None)
