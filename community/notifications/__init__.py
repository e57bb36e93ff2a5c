"""Notifications: a reader of the log that tells people what is for them, if they may see it."""
