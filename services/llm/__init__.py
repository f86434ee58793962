"""Text models: one vendor a file, one method, structured output for a pydantic type."""
