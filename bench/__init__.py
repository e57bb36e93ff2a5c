"""`make bench`: how dear the house is, each figure beside its ceiling, measured in the same run.

    words       texts, always the same ones
    data        a data set by scale: rows as the actions make them, made in bulk and kept for the next run
    house       where a run's data lies, the settings of its servers, and who is signed in
    servers     servers started and watched from outside: their processor time and memory
    bare        the ceilings: a bare Flask view, one commit of one row, a bare Socket.IO emit
    pages       pages and posting over HTTP
    finding     search
    delivery    the live pointer (with crowd, the client program, in a process of its own)
    followers   notices for a thousand
    inbox       a coach's inbox, with few and with many waiting
    depth       the feed above a million posts
    returning   many sockets that come back after a restart
    footprint   memory and cold start
    table       rows, the printed table, bench/results.json

SCALE=1 is about 50 people with 2,000 posts, 20,000 comments and 2,000 pages; SCALE=10 ten times that. ONLY=feed measures one
part. DATABASE_URL names a PostgreSQL server to use instead of SQLite: the run makes databases of its own there.
"""
