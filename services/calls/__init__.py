"""Live calls: one candidate, one voice at a time, every deadline and every way out."""
