"""The use cases of an interview, each one transaction."""
