"""Postings that come as a file or as the address of a page, turned into text in bounds."""
