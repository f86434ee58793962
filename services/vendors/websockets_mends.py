"""What we change inside websockets 17.4, part by part; `tests/vendors/test_websockets_mends.py` has a test for each.

`drain`: every send, and the sending of the close frame, waits in this undocumented method for the network to take the
bytes, without any limit. A vendor that stops reading would hold a call, and its close, for good.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

SEND_S = 5.0
"""A send that takes longer means that nobody reads at the other end."""


class BoundedConnection(ClientConnection):
    """Pass it as `create_connection`. A send that nobody takes cuts the socket, so that its reader finds out, too."""

    async def drain(self) -> None:
        """A TimeoutError raised here ends the connection."""
        async with asyncio.timeout(self.close_timeout if self.state is State.CLOSING else SEND_S):
            await super().drain()
