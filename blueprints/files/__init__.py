"""The files of a space. One file for each thing that people do with them:

* `frame`     what every page of files shows around itself, and the blueprint that they all hang on
* `lists`     a folder: what is in it, sorted, narrowed, as a list or in pictures
* `folders`   making folders
* `one`       the page of a file: what it is, what was said about it
* `sending`   files that come
"""

from __future__ import annotations

from blueprints.files import folders, lists, one, sending  # noqa: F401 - their routes
from blueprints.files.frame import bp

__all__ = ["bp"]
