"""The append-only log of what happened. It is the feed, the history, the audit and the bus.

`log.py` writes it (`@action`, `record`), `verbs.py` is the closed vocabulary, `outbox.py` carries it to its readers,
`queries.py` answers "what came after 981, as far as I may see it".
"""
