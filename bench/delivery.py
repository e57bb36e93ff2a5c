"""Live delivery: a post through the API of a web process reaches every socket of a live process, beside a bare emit to as many.

Counted from the commit (for the bare emit: from the call) until each socket has the pointer, by one client program with both
crowds, a delivery of one and a delivery of the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.house import House, progress
from bench.load import request
from bench.pages import new_post
from bench.servers import BARE, SITE, gunicorn
from bench.table import Row, row
from community.config import ROOT

ROUNDS, WARM = 20, 4


def measure(house: House, sockets: int) -> list[Row]:
    """Two rows: when half of the sockets had it, and when the last had."""
    with (
        gunicorn(SITE, "live", house.env) as live,
        gunicorn(SITE, "web", house.env) as web,
        gunicorn(BARE, "live", house.env) as bare,
    ):
        progress(f"Letting {sockets} sockets in, twice")
        posts = [new_post(house, 10_000 * sockets + number).decode("latin-1") for number in range(ROUNDS + WARM)]
        targets: list[dict[str, Any]] = [
            {"port": live.port, "trigger_port": web.port, "tokens": house.tokens, "triggers": posts},
            {
                "port": bare.port,
                "trigger_port": bare.port,
                "tokens": [""],
                "triggers": [request("POST", "/emit").decode()],
            },
        ]
        task = {
            "sockets": sockets,
            "rounds": ROUNDS + WARM,
            "targets": [{"watch": "space:commons", **target} for target in targets],
        }
        ours, theirs = run(task)
    half = row(
        f"live delivery to {sockets} sockets: half",
        house.scale,
        "ms",
        [1000 * times[0] for times in ours[WARM:]],
        [1000 * times[0] for times in theirs[WARM:]],
    )
    last = row(
        f"live delivery to {sockets} sockets: last",
        house.scale,
        "ms",
        [1000 * times[2] for times in ours[WARM:]],
        [1000 * times[2] for times in theirs[WARM:]],
    )
    return [half, last]


def run(task: dict[str, Any]) -> list[list[list[float]]]:
    """Let the client program do a task. Raises RuntimeError with what it said when it fails."""
    made = subprocess.run(
        [sys.executable, "-m", "bench.crowd"],
        cwd=ROOT,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=240,
    )
    if made.returncode != 0:
        raise RuntimeError(f"the client program failed:\n{made.stderr[-2000:]}")
    figures: list[list[list[float]]] = json.loads(made.stdout.splitlines()[-1])
    return figures
