"""Coaching: what waits for a coach in the teams that they accompany."""
