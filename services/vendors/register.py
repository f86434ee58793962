"""The voice providers there are, in the order in which they are offered; their modules load when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module

import structlog

from services.settings import Settings
from services.vendors.base import Provider

log = structlog.get_logger(__name__)

OFFLINE = "offline"
_CLASSES = {
    "elevenlabs": "services.vendors.elevenlabs.voice:ElevenLabsVoice",
    "openai": "services.vendors.openai.voice:OpenAIVoice",
    "xai": "services.vendors.xai.voice:XAIVoice",
    "gemini": "services.vendors.gemini.voice:GeminiVoice",
    OFFLINE: "services.vendors.offline.voice:OfflineVoice",
}


def is_ready(voices: Mapping[str, Provider], key: str) -> bool:
    """Whether there is a voice of this key, and it is set up."""
    voice = voices.get(key)
    return voice is not None and voice.info.ready


def providers(settings: Settings) -> dict[str, Provider]:
    """Every provider by its key, configured or not; `info.ready` says whether it can be chosen."""
    made: dict[str, Provider] = {}
    for key, place in _CLASSES.items():
        module, name = place.split(":")
        made[key] = getattr(import_module(module), name)(settings)
    return made


def warm(voices: Iterable[Provider]) -> None:
    """Loads what the ready ones need to speak, so that nobody's greeting waits for it. Blocks, perhaps for seconds."""
    for voice in voices:
        try:
            if voice.info.ready:
                voice.warm()
        except Exception as error:  # noqa: BLE001 (of any library: a call that needs it says what is wrong)
            log.warning("voice is not warm", provider=voice.info.key, error=type(error).__name__)
