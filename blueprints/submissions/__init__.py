"""What teams hand in, and what is said to it. One file for each thing that people do:

* `frame`       how things are said here: states, due dates, who reads; the blueprint that all of it hangs on
* `milestones`  what is due in a space, who is late, sponsors
* `handing_in`  choosing, looking at who will read it, sending
* `reading`     one submission: its pages and files, the result, the talk
* `beside`      the same page in several submissions, side by side
* `pane`        one submission in the pane of the coach's inbox
* `table`       everything that was handed in, across teams
"""

from __future__ import annotations

from blueprints.submissions import beside, handing_in, milestones, pane, reading, table  # noqa: F401 - their routes
from blueprints.submissions.frame import bp

__all__ = ["bp"]
