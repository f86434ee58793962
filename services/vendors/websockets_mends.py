"""A WebSocket that nobody can keep waiting: websockets 17.4 bounds neither a send nor the sending of a close frame."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

SEND_S = 5.0
"""A send that takes longer means that nobody reads at the other end."""


class BoundedConnection(ClientConnection):
    """Pass it as `create_connection`. A send that nobody takes cuts the socket, so that its reader finds out, too."""

    async def drain(self) -> None:
        """Whatever is sent waits here until the network has taken it; a TimeoutError ends the connection."""
        async with asyncio.timeout(self.close_timeout if self.state is State.CLOSING else SEND_S):
            await super().drain()
