"""Credentials for one call, against a real coturn; and calls within a range of UDP ports."""

from __future__ import annotations

import asyncio
import base64
import hmac
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aioice import ice
from aiortc import MediaStreamTrack, RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection

from deploy.cluster import Cluster
from services.media import turn, udp_ports
from services.media.tracks import Playout
from services.media.turn import TurnServer, TurnState
from services.settings import Settings

pytestmark = pytest.mark.realtime


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """With the configuration of `deploy/`, less what a loopback cannot have."""
    cluster = Cluster(tmp_path_factory.mktemp("coturn"))
    cluster.start_coturn()
    yield cluster
    cluster.stop()


def server(coturn: Cluster, secret: str = "", ttl_s: float = 90) -> TurnServer:
    return TurnServer((coturn.turn_url,), secret or coturn.turn_secret, ttl_s)


def test_credentials_are_signed_for_one_name_and_time() -> None:
    entry = TurnServer(("turn:t.example.org",), "S", 90, now=lambda: 1000.7).ice_server("i1")

    signature = base64.b64encode(hmac.digest(b"S", b"1090:i1", "sha1")).decode()
    assert entry == {"urls": ["turn:t.example.org"], "username": "1090:i1", "credential": signature}


async def test_a_relay_that_works_tells_its_round_trip(coturn: Cluster) -> None:
    seen = await turn.look(server(coturn).ice_server("i1"))

    assert seen.works
    assert seen.round_trip_ms is not None
    assert "round trip" in seen.sentence


@pytest.mark.parametrize(("secret", "ttl_s"), [("wrong", 90), ("", -5)], ids=["wrong secret", "expired"])
async def test_a_relay_that_refuses_is_told_apart(coturn: Cluster, secret: str, ttl_s: float) -> None:
    seen = await turn.look(server(coturn, secret, ttl_s).ice_server("i1"))

    assert (seen.state, "TURN_SECRET" in seen.sentence) == (TurnState.REFUSED, True)


async def test_a_relay_that_hangs_is_unreachable(coturn: Cluster) -> None:
    coturn.parts["coturn"].send(signal.SIGSTOP)
    try:
        seen = await turn.look(server(coturn).ice_server("i1"), within_s=0.3)
    finally:
        coturn.parts["coturn"].send(signal.SIGCONT)

    assert (seen.state, "TURN_URL" in seen.sentence) == (TurnState.UNREACHABLE, True)


async def heard_over(near: RTCPeerConnection, far: RTCPeerConnection) -> MediaStreamTrack:
    """Has near speak to far, and returns the track once a frame has arrived."""
    arrived: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
    far.on("track", arrived.set_result)
    near.addTrack(Playout())
    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(near.localDescription)
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(far.localDescription)
    track = await arrived
    await track.recv()
    return track


async def test_a_call_is_heard_through_the_relay(coturn: Cluster) -> None:
    entry = RTCIceServer(**server(coturn).ice_server("i1"))
    near = RTCPeerConnection(RTCConfiguration(iceServers=[entry], iceTransportPolicy=RTCIceTransportPolicy.RELAY))
    far = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        await asyncio.wait_for(heard_over(near, far), 60)

        assert "typ relay" in near.localDescription.sdp
        assert "typ host" not in near.localDescription.sdp
    finally:
        await asyncio.gather(near.close(), far.close())


async def test_a_call_uses_ports_of_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.ice.asyncio", asyncio)
    udp_ports.bind_udp_ports(range(41_000, 41_200))
    near, far = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    try:
        await asyncio.wait_for(heard_over(near, far), 60)

        lines = [line.split() for line in near.localDescription.sdp.splitlines() if " typ host" in line]
        assert lines
        assert all(41_000 <= int(line[5]) < 41_200 for line in lines)
    finally:
        await asyncio.gather(near.close(), far.close())


async def test_a_stun_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice itself would ask it for as long as a relay may take."""
    monkeypatch.setattr("aioice.ice.asyncio", asyncio)
    monkeypatch.setattr(ice, "server_reflexive_candidate", ice.server_reflexive_candidate)
    monkeypatch.setattr(udp_ports, "STUN_S", 0.1)
    monkeypatch.setattr(udp_ports, "GATHER_S", 24 * 3600)
    udp_ports.bind_udp_ports(None)
    asked = asyncio.Event()

    class Deaf(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            asked.set()

    deaf, _ = await asyncio.get_running_loop().create_datagram_endpoint(Deaf, local_addr=("0.0.0.0", 0))  # noqa: S104
    port = deaf.get_extra_info("sockname")[1]
    silent = RTCIceServer(urls=f"stun:{ice.get_host_addresses(use_ipv4=True, use_ipv6=False)[0]}:{port}")
    near, far = RTCPeerConnection(RTCConfiguration(iceServers=[silent])), RTCPeerConnection(RTCConfiguration([]))
    try:
        await asyncio.wait_for(heard_over(near, far), 60)

        assert asked.is_set()
    finally:
        deaf.close()
        await asyncio.gather(near.close(), far.close())


@pytest.mark.parametrize("value", [{"turn_url": "stun:x"}, {"udp_ports": "9-1"}, {"udp_ports": "60000-50000"}])
def test_settings_that_cannot_work_are_refused(value: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"TURN_URL|UDP_PORTS|udp_ports"):
        Settings(**value)  # type: ignore[arg-type]


def test_range_of_ports_includes_both_ends(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, udp_ports="50000-50001", turn_url="turn:a, turns:b")

    assert list(settings.udp_range or ()) == [50000, 50001]
    assert settings.turn_urls == ("turn:a", "turns:b")
