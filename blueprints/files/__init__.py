"""The files of a space. One file for each thing that people do with them:

* `frame`     what every page of files shows around itself, and the blueprint that they all hang on
* `lists`     a folder: what is in it, sorted, narrowed, as a list or in pictures
* `folders`   making folders
* `naming`    other names, other words
* `picking`   what is done to several things at once: move, copy, tag, delete
* `versions`  what a file was before
* `bin`       what was thrown away
* `one`       the page of a file: what it is, what was said about it
* `sending`   files that come
* `tasks`     what takes long, and how far it is
"""

from __future__ import annotations

from blueprints.files import bin, folders, lists, naming, one, picking, sending, tasks, versions  # noqa: F401 - their routes
from blueprints.files.frame import bp

__all__ = ["bp"]
