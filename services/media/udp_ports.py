"""UDP ports from a range, so that a firewall can be opened for them, and bounds for servers that do not answer.

aioice 0.13 binds each host candidate to port 0, which is any port, in `Connection.get_component_candidates`; the only
thing of that method which can be reached from outside is the loop it asks `asyncio` for.
"""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Callable, Sequence
from typing import Any

from aioice import ice

GATHER_S = 3
"""For TURN to answer, of five: a relay that is down holds every call up for that long."""
STUN_S = 1.0
"""For STUN, which is a single exchange: its second try fits in. Without its answer a call has one path less."""


_AIOICES = ice.server_reflexive_candidate


class _RangedLoop:
    """The running loop, but sockets that would take any port take one of these."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ports: Sequence[int]) -> None:
        self._loop, self._ports = loop, ports

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_datagram_endpoint(self, factory: Callable[[], Any], **options: Any) -> Any:
        host, port = (options.get("local_addr") or ("", None))[:2]
        if port != 0:
            return await self._loop.create_datagram_endpoint(factory, **options)
        for one in random.sample(self._ports, len(self._ports)):
            try:
                return await self._loop.create_datagram_endpoint(factory, **{**options, "local_addr": (host, one)})
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE, f"all {len(self._ports)} of UDP_PORTS are taken")


class _RangedAsyncio:
    """The module `asyncio` as `aioice.ice` sees it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def get_running_loop(self) -> Any:
        return _RangedLoop(asyncio.get_running_loop(), self._ports)


async def _reflexive(protocol: Any, stun_server: tuple[str, int]) -> tuple[Any, None]:
    async with asyncio.timeout(STUN_S):
        return await _AIOICES(protocol, stun_server)


def bind_udp_ports(ports: Sequence[int] | None) -> None:
    """Once per process, before the first call. None: any port. Either way servers that do not answer hold a call up for
    `GATHER_S` (TURN) and `STUN_S` at most."""
    ice.Connection.get_component_candidates.__defaults__ = (GATHER_S,)
    setattr(ice, "server_reflexive_candidate", _reflexive)  # noqa: B010
    if ports is not None:
        setattr(ice, "asyncio", _RangedAsyncio(ports))  # noqa: B010
