"""From what was said to a report that claims only what those words can show."""
