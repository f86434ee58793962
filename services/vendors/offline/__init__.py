"""The offline interviewer: synthesis, recognition and rules on this machine."""
