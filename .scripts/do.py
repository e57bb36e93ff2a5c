"""What `make` calls: one command a word (run, test, check, bench, serve, lock).

Runs on the system's Python before anything is installed, so it uses the standard library only, and this file keeps to
words that an old Python understands, so that it can say so.
"""

import os
import shutil
import sys

OLDEST = (3, 11)


def newer_python():
    """The path of a Python that is new enough, or None."""
    for minor in range(15, OLDEST[1] - 1, -1):
        path = shutil.which("python3.%d" % minor)
        if path:
            return path
    return None


def main():
    if sys.version_info < OLDEST:
        path = newer_python()
        if path is None:
            sys.exit(
                "Cohortium needs Python %d.%d or newer; this is %d.%d. Install a newer one, "
                "or name it: make run PYTHON=/path/to/python3.12" % (OLDEST + tuple(sys.version_info[:2]))
            )
        os.execv(path, [path] + sys.argv)
    import commands

    sys.exit(commands.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
