"""Everything behind the pages: rules in `core`, edges around it."""
