"""OpenAI: the Realtime voice, its dialect on the wire (which xAI shares), and the text model."""
