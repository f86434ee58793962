"""The voice providers there are, in the order in which they are offered; their modules load when asked for."""

from __future__ import annotations

from importlib import import_module

from services.settings import Settings
from services.voice.base import Provider

OFFLINE = "offline"
_CLASSES = {
    "elevenlabs": "services.voice.elevenlabs:ElevenLabsVoice",
    "openai": "services.voice.openai:OpenAIVoice",
    "xai": "services.voice.xai:XAIVoice",
    "gemini": "services.voice.gemini:GeminiVoice",
    OFFLINE: "services.voice.offline:OfflineVoice",
}


def providers(settings: Settings) -> dict[str, Provider]:
    """Every provider by its key, configured or not; `info.ready` says whether it can be chosen."""
    made: dict[str, Provider] = {}
    for key, place in _CLASSES.items():
        module, name = place.split(":")
        made[key] = getattr(import_module(module), name)(settings)
    return made
