"""The journal: what a person writes for themselves first. Only they read it, until they choose otherwise."""
