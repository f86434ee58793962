"""What vendors keep of an interview: fetched after the call to complete our words, deleted when the interview is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import cast

import structlog

from services.core.errors import ProviderError
from services.core.talk.transcript import Turn
from services.core.usage import Billed
from services.vendors.base import Provider, RecordKeeper

log = structlog.get_logger(__name__)

PATIENCE_S = 45.0
"""For a vendor to process a call that just ended. Then the report is made from our own words."""
DELETE_S = 20.0

Conversations = Iterable[tuple[str, str]]
"""(provider, the provider's conversation id) of each connection that had one."""


class VendorRecords:
    """On the event loop. Trouble with a vendor is logged and costs nothing: our own words are always enough."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    async def completed(self, turns: tuple[Turn, ...], conversations: Conversations) -> tuple[Turn, ...]:
        """Our turns, corrected and completed by the vendors that keep a transcript."""
        for key, conversation_id in conversations:
            keeper = self._keeper(key)
            if keeper is None or not keeper.info.capabilities.transcript_afterwards:
                continue
            try:
                async with asyncio.timeout(PATIENCE_S):
                    turns = await keeper.complete(conversation_id, turns)
            except (ProviderError, TimeoutError) as error:
                log.warning("vendor's transcript missing", provider=key, error=type(error).__name__)
        return turns

    def keeps(self, key: str) -> bool:
        """Whether this vendor has a record of its calls."""
        keeper = self._keeper(key)
        return keeper is not None and keeper.info.capabilities.transcript_afterwards

    async def billed(self, key: str, conversation_id: str) -> Billed | None:
        """What one conversation used by its vendor's own record; None where there is none, or not in time."""
        keeper = self._keeper(key)
        if keeper is None or not self.keeps(key):
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await keeper.billed(conversation_id)
        except (ProviderError, TimeoutError) as error:
            log.warning("vendor's bill missing", provider=key, error=type(error).__name__)
            return None

    async def delete(self, conversations: Conversations) -> None:
        """Asks every vendor that can to delete its copy."""
        for key, conversation_id in conversations:
            keeper = self._keeper(key)
            if keeper is None or not keeper.info.capabilities.deletes_afterwards:
                continue
            try:
                async with asyncio.timeout(DELETE_S):
                    await keeper.delete(conversation_id)
                log.info("vendor's copy deleted", provider=key)
            except (ProviderError, TimeoutError) as error:
                log.error("vendor's copy not deleted", provider=key, error=type(error).__name__)

    def _keeper(self, key: str) -> RecordKeeper | None:
        provider = self._providers.get(key)
        capabilities = provider.info.capabilities if provider else None
        if capabilities and (capabilities.transcript_afterwards or capabilities.deletes_afterwards):
            return cast(RecordKeeper, provider)
        return None
