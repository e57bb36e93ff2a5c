"""Coaching: what waits for the coaches of a team, what was agreed about answering, and what a team asks them.

* `waiting`  the register of what can wait: each noun gives one SELECT (a request, a reply, a submission …)
* `queries`  the inbox: waiting, new, snoozed, done; counts, filters, stretches. `measures` what teams and coaches see of it
* `marks`    snoozed and done: a coach's own, told to nobody
* `days`     working days, pure; `terms` what was agreed where, inherited
* `settling` what a comment answers; `consumer` settles what was said elsewhere than in the inbox
* `digest`   the letter to a coach
"""
