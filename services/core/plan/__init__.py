"""From a posting to the plan of an interview: what is asked, why, and for how long."""
