"""How posts are arranged: pinned above a stream, hidden from it, archived, locked, moved, shared into another space."""
