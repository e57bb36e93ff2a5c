"""The domain of Cohortium: what a learning community is, without a word of HTTP.

Reading order, from the ground up; imports point down only:

    config, clock, errors, ports, markup     settings, time, what a caller must know, the outside, safe HTML
    extensions, kinds                        the database; the register of cards, one for each kind of thing
    permissions                              "may I" and "which ones": one engine that reads the cards
    activity, jobs                           the append-only log of what happened, its outbox; leased work
    people, spaces, items                    who is here; where; what every item has in common
    microblog, journal, wiki, files, comments, programme
                                             one package a noun: models, kind, queries, actions
    search, live, notifications              readers of the log
    demo, cli                                a believable programme; the commands

A change is an action (`actions.py`): it checks the right, writes and records one line in the log, in one transaction.
Everything else that must follow is done by a reader of that log.
"""
