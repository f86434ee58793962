"""A TURN server's credentials, made for one call and short-lived, and one look at whether it takes them.

coturn's `use-auth-secret`: the username is the second of its expiry (Unix time), a colon and a name; the password is
the base64 of an HMAC-SHA1 of that with the shared secret. The expiry is checked when a session begins, not after.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aioice import stun, turn
from aiortc import RTCIceServer
from aiortc.rtcicetransport import connection_kwargs

LOOK_S = 3.0


class TurnState(StrEnum):
    WORKS = "works"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class TurnLook:
    state: TurnState
    round_trip_ms: float | None = None
    """To the server and back, where it works."""

    @property
    def works(self) -> bool:
        return self.state is TurnState.WORKS

    @property
    def sentence(self) -> str:
        match self.state:
            case TurnState.WORKS:
                return f"This server reaches it: round trip {self.round_trip_ms:.0f} ms."
            case TurnState.REFUSED:
                return "It refused our credentials. Check TURN_SECRET at both ends, and both clocks."
            case TurnState.UNREACHABLE:
                return f"No answer within {LOOK_S:.0f} s. Check TURN_URL and the firewall between the servers."


@dataclass(frozen=True, slots=True)
class TurnServer:
    """`urls` as browsers want them: `turn:host:3478?transport=udp`. `now` is Unix time in seconds."""

    urls: tuple[str, ...]
    secret: str = field(repr=False)
    ttl_s: float
    now: Callable[[], float] = time.time

    def ice_server(self, name: str) -> dict[str, Any]:
        """An entry of `iceServers` that opens the relay for `ttl_s` seconds; `name` stands in the relay's log."""
        username = f"{int(self.now() + self.ttl_s)}:{name}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return {"urls": list(self.urls), "username": username, "credential": base64.b64encode(digest).decode()}


async def look(ice_server: dict[str, Any], within_s: float = LOOK_S) -> TurnLook:
    """Asks the first of its addresses for a relayed port, and gives it back."""
    known = connection_kwargs([RTCIceServer(**ice_server)])
    asked = turn.create_turn_endpoint(
        asyncio.DatagramProtocol,
        server_addr=known["turn_server"],
        username=known["turn_username"],
        password=known["turn_password"],
        ssl=known["turn_ssl"],
        transport=known["turn_transport"],
    )
    began = time.perf_counter()
    try:
        transport, _ = await asyncio.wait_for(asked, within_s)
    except stun.TransactionFailed:
        return TurnLook(TurnState.REFUSED)
    except (TimeoutError, OSError, stun.TransactionError):
        return TurnLook(TurnState.UNREACHABLE)
    # Two exchanges: its challenge, and the allocation.
    took_s = time.perf_counter() - began
    transport.close()
    return TurnLook(TurnState.WORKS, 1000 * took_s / 2)
