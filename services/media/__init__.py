"""WebRTC media: the candidate's two tracks, the jitter buffer, frames, and a call of the server with itself."""
