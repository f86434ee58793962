"""What a signed-in visitor agreed to have remembered for the next interview."""
