"""Puts our jitter buffer in the place of aiortc's for audio, and decodes Opus where packets arrive.

aiortc 1.16 releases a frame when four later ones have come (80 ms always), and after a loss when its sixteen places are
full (320 ms from then on). Its attributes used here are private; `tests/media/test_tracks.py` guards them.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiortc.rtcpeerconnection
import av
import structlog
from aiortc import RTCRtpReceiver
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from services.core.jitter import Gap, JitterBuffer

log = structlog.get_logger(__name__)

RATE_HZ = 48_000
CONCEALED_PACKETS = 10
"""Of one gap; beyond, Opus has faded to silence, and a long gap is an outage nobody wants to sit through again."""
_MIN_TIMER_S = 0.001


class AudioReceiver(RTCRtpReceiver):
    """A receiver whose audio goes through `PacketOrder`; video is left as it is."""

    def __init__(self, kind: str, transport: Any) -> None:
        super().__init__(kind, transport)
        if kind == "audio":
            self._RTCRtpReceiver__jitter_buffer = PacketOrder(self)


def install_adaptive_jitter_buffer() -> None:
    """Every peer connection made from now on in this process receives audio through `core.jitter`. Idempotent."""
    setattr(aiortc.rtcpeerconnection, "RTCRtpReceiver", AudioReceiver)  # noqa: B010


class PacketOrder:
    """Has the one method a receiver calls, keeps a timer only while a packet is missing, and feeds the track itself.

    A packet is decoded on the loop (40 µs): the thread, the queue and the future that aiortc spends on each cost more.
    """

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver
        self._buffer: JitterBuffer[RtpPacket] = JitterBuffer()
        self._timer: asyncio.TimerHandle | None = None
        self._decoders: dict[int, Decoder] = {}
        """By payload type."""
        self._last: RtpPacket | None = None
        self._complained = False

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """The receiver's own decoder gets nothing: what leaves goes straight to the track."""
        now = time.monotonic()
        self._pass_on(self._buffer.add(packet.sequence_number, packet, now), now)
        return False, None

    def _pass_on(self, leaving: list[RtpPacket | Gap], now: float) -> None:
        for packet in leaving:
            if isinstance(packet, Gap):
                self._conceal(packet)
            elif packet.payload:
                self._last = packet
                self._decode(packet, packet.payload)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._buffer.next_at(now)
        if due is not None:
            self._timer = asyncio.get_running_loop().call_later(max(due - now, _MIN_TIMER_S), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = time.monotonic()
        self._pass_on(self._buffer.release(now), now)

    def _conceal(self, lost: Gap) -> None:
        """An Opus packet of a header and no frame is a lost one to the decoder (RFC 6716, 3.2.1): it fills in."""
        if self._last is not None and isinstance(self._decoder(self._last), OpusDecoder):
            for _ in range(min(lost.count, CONCEALED_PACKETS)):
                self._decode(self._last, bytes([self._last.payload[0] & 0xFC]))

    def _decode(self, packet: RtpPacket, payload: bytes) -> None:
        try:
            frames = self._decoder(packet).decode(JitterFrame(payload, packet.timestamp))
        except av.FFmpegError as error:
            if not self._complained:
                log.warning("audio cannot be decoded", error=type(error).__name__)
            self._complained = True
            return
        for frame in frames:
            self._receiver._track._queue.put_nowait(frame)

    def _decoder(self, packet: RtpPacket) -> Decoder:
        if packet.payload_type not in self._decoders:
            decoder = get_decoder(self._receiver._RTCRtpReceiver__codecs[packet.payload_type])
            if isinstance(decoder, OpusDecoder):
                decoder.codec.layout = "mono"
            self._decoders[packet.payload_type] = decoder
        return self._decoders[packet.payload_type]
