"""Pure rules: no input or output, no clock, no await; the standard library and pydantic only."""
