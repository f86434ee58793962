"""xAI: the Grok voice, which speaks OpenAI's dialect."""
