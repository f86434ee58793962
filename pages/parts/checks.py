"""What the preflight page asks besides the voices."""

from __future__ import annotations

import asyncio

from services.media.turn import TurnLook, TurnServer, look


def relay(server: TurnServer) -> TurnLook:
    """From this server; blocks for three seconds at most."""
    return asyncio.run(look(server.ice_server("server")))
