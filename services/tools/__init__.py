"""MCP both ways: tools of other servers for Ema, and our reports as tools for other programs."""
