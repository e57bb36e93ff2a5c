"""A copy of the whole house that a person can keep, and the way back: `flask backup DIR`, `flask restore DIR`.

A backup is a folder: every table as lines of JSON, every file's bytes, and a manifest with a checksum of each. It names
no database: what was taken from SQLite can be given to PostgreSQL, and the other way round. The search index is not in
it, for it is made anew.

    taking      writes one, while the site goes on: what it holds is the house of one moment
    restoring   reads one into an empty house, after every checksum was looked at
"""
