"""The wiki of a space. One file for each thing that people do with its pages:

* `frame`     what every page of a wiki shows around itself, and the blueprint that they all hang on
* `pages`     reading a page, and writing a new one
* `whole`     a page as it is sent to one reader, kept until something that it shows changes
* `editing`   changing and saving a page, and what happens when two people save at once
* `drafts`    what is not saved yet
* `history`   what a page was before
* `moving`    another address, another title, another place or space, away
* `shelves`   a branch of the tree, what links to a page, where one has gone, and the bin
* `templates` pages that others begin from
* `exchange`  pages out, pages in
* `care`      review, owner, who must read it and has; what is opened most, what is overdue
"""

from __future__ import annotations

from blueprints.wiki import care, drafts, editing, exchange, history, moving, pages, shelves, templates  # noqa: F401 - their routes
from blueprints.wiki.frame import bp

__all__ = ["bp"]
