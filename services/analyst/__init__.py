"""What turns a posting into a plan and turns into a report: a text model, or the offline rules."""
