"""What the words of a page cost with everything in them, and what a wiki of 200 pages costs to take out and to bring in.

Beside each the least that it could cost: for a page with formulas, colours and callouts as many characters of prose; for an
export and an import the same pages rendered.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable

from bench.data import READER
from bench.house import House, progress
from bench.table import Row, row
from community.exchange.bundle import Bundle, Leaf
from community.exchange.exporting import write
from community.exchange.importing import Upload, carry_out, plan_of
from community.extensions import db
from community.markup import render
from community.people.models import Person
from community.permissions import Actor
from community.ports import ports
from community.spaces.models import Space
from community.spaces.queries import actor_for

PAGES, ROUNDS = 200, 3
RICH = (
    "## A part\n\n> [!NOTE]\n> We *wait* for [[Loops]] and $a^2 + b_1$.\n\n```python\ndef wait(days: int) -> str:\n"
    "    return str(days)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\n\\sum_{i=1}^n \\frac{x_i}{n}\n$$\n\n"
)
PROSE = "Somebody asks, and somebody else knows the answer before the question is read to its end.\n\n"


def _cpu() -> float:
    """Seconds of processor so far, with those of what ran beside us."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _took(do: Callable[[], object]) -> float:
    """Milliseconds of processor."""
    began = _cpu()
    do()
    return (_cpu() - began) * 1000


def _bundle() -> Bundle:
    leaves = []
    for number in range(PAGES):
        body = f"# Page {number}\n\n" + PROSE * 20 + RICH
        leaves.append(
            Leaf(number, f"p{number % 20}/n{number}", f"Page {number}", body, str(render(body).html), (), "", 1)
        )
    return Bundle("Bench", "bench", "Bench", "en", "", tuple(leaves))


def measure(house: House) -> list[Row]:
    """The rows."""
    with house.app.app_context():
        return _measure(house)


def _measure(house: House) -> list[Row]:
    rows = []
    rich, prose = RICH * 30, (PROSE * 200)[: len(RICH) * 30]
    progress("words of a page")
    render(rich)
    pairs = [
        (_took(lambda: [render(rich) for _ in range(5)]) / 5, _took(lambda: [render(prose) for _ in range(25)]) / 25)
        for _ in range(5)
    ]
    rows.append(
        row(
            f"a page of {len(rich) // 1000} kB with everything in it: CPU",
            house.scale,
            "ms",
            [a for a, _ in pairs],
            [b for _, b in pairs],
        )
    )
    bundle = _bundle()
    for kind in ("markdown", "html", "text", "pdf"):
        progress(f"export as {kind}")
        values, least = [], []
        for _ in range(ROUNDS):
            into = io.BytesIO()
            values.append(_took(lambda kind=kind, into=into: write(bundle, kind, into, ports.storage())))
            least.append(_took(lambda: [render(leaf.body) for leaf in bundle.leaves]))
        rows.append(row(f"export of {PAGES} pages as {kind}: CPU", house.scale, "ms", values, least))
    rows.append(_import(house, bundle))
    return rows


def _import(house: House, bundle: Bundle) -> Row:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for leaf in bundle.leaves:
            archive.writestr(f"{leaf.path}.md", leaf.body)
    space_id = db.session.scalars(db.select(Space.id).where(Space.kind == "team").order_by(Space.id)).first()
    assert space_id is not None

    def actor() -> Actor:
        return actor_for(db.session.get_one(Person, READER))

    def bring(number: int) -> None:
        upload = Upload("bench.zip", into)
        plan = plan_of(actor(), db.session.get_one(Space, space_id), upload, under=f"import-{number}")
        carry_out(
            actor(),
            space_id,
            upload,
            plan.told(),
            key=f"bench:{number}",
            storage=ports.storage(),
            again=actor,
            progress=lambda _n: None,
        )

    progress("import")
    pairs = [
        (_took(lambda number=number: bring(number)), _took(lambda: [render(leaf.body) for leaf in bundle.leaves]))
        for number in range(ROUNDS)
    ]
    return row(f"import of {PAGES} pages: CPU", house.scale, "ms", [a for a, _ in pairs], [b for _, b in pairs])
