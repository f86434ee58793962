"""Who is in front of the browser."""
