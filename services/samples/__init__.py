"""The sample interview: a synthetic candidate, the real Ema."""
