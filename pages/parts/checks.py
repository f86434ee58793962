"""One look at every voice that is set up, all at once and none for longer than it deserves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from services.media.turn import TurnLook, TurnServer, look
from services.vendors.base import Check, Provider

CHECK_S = 6.0


def check_all(providers: Mapping[str, Provider]) -> dict[str, Check]:
    """By key, for the providers that are ready; blocks for `CHECK_S` at most."""
    ready = {key: provider for key, provider in providers.items() if provider.info.ready}

    async def together() -> list[Check]:
        return await asyncio.gather(*map(_check, ready.values()))

    return dict(zip(ready, asyncio.run(together()), strict=True))


def relay(server: TurnServer) -> TurnLook:
    """From this server; blocks for three seconds at most."""
    return asyncio.run(look(server.ice_server("server")))


async def _check(provider: Provider) -> Check:
    try:
        return await asyncio.wait_for(provider.check(), CHECK_S)
    except TimeoutError:
        return Check(False, CHECK_S, f"No answer within {CHECK_S:.0f} s. Try again, or choose another voice.")
