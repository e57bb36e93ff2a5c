"""Work that can follow a request: leased rows in our own database, tried again until done (at least once).

An action calls `enqueue()` inside its transaction, so that a job exists exactly when its reason does.
"""
