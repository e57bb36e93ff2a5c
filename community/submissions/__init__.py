"""Submissions: what a team hands in at a milestone, as a frozen copy, and what its coach says to it.

* `freezing`  how pages, files and the pictures in them become a copy that nothing changes any more
"""
