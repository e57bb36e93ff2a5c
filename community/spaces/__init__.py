"""Spaces: programme > cohort > team; theme, project and commons beside them. Who is where, and in which phase.

What a child inherits, decided once (ARCHITECTURE 4): staff of a cohort are staff of its teams; members of a team are
members of its cohort. Nothing else.
"""
