"""Which text model writes plans and reports: the first vendor with a key."""

from __future__ import annotations

from services.analyst.model import TextModel
from services.settings import Settings


def text_model(settings: Settings) -> TextModel | None:
    """Gemini, else OpenAI, else xAI; None: the offline rules do it. Cheap: an SDK loads at the first request."""
    if settings.gemini_api_key:
        from services.vendors.gemini.text import GeminiText

        return TextModel(GeminiText(settings))
    from services.vendors.openai.text import openai_text, xai_text

    if settings.openai_api_key:
        return TextModel(openai_text(settings))
    if settings.xai_api_key and settings.xai_enabled:
        return TextModel(xai_text(settings))
    return None
