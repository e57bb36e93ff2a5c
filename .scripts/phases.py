"""`make test`: all tests, in phases that need more and more, with one closing line.

Without a browser on SQLite first, since that is what fails soonest; the same on PostgreSQL; then real browsers; then the roles of
`make serve` as processes. Every phase runs, so that one look shows everything. PHASE=sqlite runs one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ["-q", "-p", "no:cacheprovider", "--durations=8", "--durations-min=2"]
APART = ["--ignore=tests/browser", "--ignore=tests/processes"]

# Each phase: its words for pytest, and the environment that it adds.
PHASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "sqlite": (["-n", "2", *APART], {"TEST_DATABASE": "sqlite"}),
    "postgresql": (["-n", "2", *APART], {"TEST_DATABASE": "postgresql"}),
    "browser": (["-n", "2", "--dist", "loadfile", "tests/browser"], {"TEST_DATABASE": "sqlite"}),
    "processes": (["tests/processes"], {"TEST_DATABASE": "sqlite"}),
}


def counts(report: Path) -> dict[str, int]:
    """passed, failed and skipped of a JUnit report; nothing where there is none."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    if report.is_file():
        for suite in xml.parse(report).getroot().iter("testsuite"):
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            total["failed"] += failed
            total["skipped"] += skipped
            total["passed"] += int(suite.get("tests", 0)) - failed - skipped
    return total


def main() -> int:
    wanted = os.environ.get("PHASE", "")
    if wanted and wanted not in PHASES:
        print(f"PHASE must be one of {', '.join(PHASES)}, not {wanted!r}.", file=sys.stderr)
        return 2
    rows: list[tuple[str, dict[str, int], float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [wanted] if wanted else PHASES:
            words, env = PHASES[name]
            report = Path(folder) / f"{name}.xml"
            print(f"\n=== {name} ===", flush=True)
            began = time.monotonic()
            code = subprocess.run(
                [sys.executable, "-m", "pytest", *QUIET, *words, f"--junitxml={report}"],
                cwd=ROOT,
                # Many tests start processes: let Python keep what it has compiled.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **env},
                stdin=subprocess.DEVNULL,
            ).returncode
            rows.append((name, counts(report), time.monotonic() - began, code))

    print(f"\n{'phase':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for name, count, seconds, code in rows:
        wrong = "" if code == 0 else f"   pytest ended with {code}"
        print(f"{name:<12}{count['passed']:>8}{count['failed']:>8}{count['skipped']:>9}{seconds:>9.1f}{wrong}")
    passed, failed, skipped = (sum(row[1][word] for row in rows) for word in ("passed", "failed", "skipped"))
    broken = sum(code != 0 and count["failed"] == 0 for _, count, _, code in rows)
    print(f"\n{passed} passed, {failed + broken} failed, {skipped} skipped")
    return 1 if failed or broken or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
