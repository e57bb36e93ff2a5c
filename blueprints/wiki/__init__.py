"""The wiki of a space. One file for each thing that people do with its pages:

* `frame`     what every page of a wiki shows around itself, and the blueprint that they all hang on
* `pages`     reading a page, and writing a new one
* `editing`   changing and saving a page, and what happens when two people save at once
* `drafts`    what is not saved yet
* `history`   what a page was before
* `moving`    another address, another title, away
"""

from __future__ import annotations

from blueprints.wiki import drafts, editing, history, moving, pages  # noqa: F401 - their routes
from blueprints.wiki.frame import bp

__all__ = ["bp"]
