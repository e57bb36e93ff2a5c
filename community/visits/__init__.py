"""Visits: up to where a person has read a stream. Theirs alone: no page, call or message shows it to anybody else."""
