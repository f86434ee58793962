"""Kinds of sentences told apart by a small model on this machine, before a text model or a reader gets to see them."""
