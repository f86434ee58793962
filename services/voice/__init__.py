"""Voice providers behind the seam of `base`; one vendor a file."""
