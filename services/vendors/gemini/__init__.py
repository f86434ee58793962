"""Gemini: the Live voice and the text model."""
