"""ElevenLabs Agents: the voice, its stored agent and the records ElevenLabs keeps."""
