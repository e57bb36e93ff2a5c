"""The wiki of a space. One file for each thing that people do with its pages:

* `frame`     what every page of a wiki shows around itself, and the blueprint that they all hang on
* `pages`     reading, writing and saving a page, and what happens when two people save at once
* `history`   what a page was before
* `moving`    another address, another title, away
* `care`      review, owner, who must read it and has; what is opened most, what is overdue
"""

from __future__ import annotations

from blueprints.wiki import care, history, moving, pages  # noqa: F401 - their routes
from blueprints.wiki.frame import bp

__all__ = ["bp"]
