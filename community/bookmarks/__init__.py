"""Bookmarks: what a person keeps for later, with a note and perhaps a day. Theirs alone, on every surface."""
