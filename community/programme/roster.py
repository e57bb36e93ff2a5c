"""Read and write a roster: one line a person, `email,name,team,role,location,language,skills`.

Made for what spreadsheets really save: commas, semicolons or tabs between fields, with or without a byte order mark
or a first line `sep=;`. A cell that a spreadsheet would run as a formula is refused; `write_roster` protects such
cells with an apostrophe, and reading takes that apostrophe away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from difflib import get_close_matches

from community.people.handles import canonical_email, is_email
from community.programme.sheet import LANGUAGES, LONGEST_SKILL, MOST_SKILLS, ROLES, Fault, Roster, Row

COLUMNS = ("email", "name", "team", "role", "location", "language", "skills")
REQUIRED = ("email", "name")
LONGEST = {"email": 254, "name": 120, "team": 400, "role": 20, "location": 80, "language": 10, "skills": 1000}
MOST_ROWS = 5_000
MOST_BYTES = 5_000_000

_FORMULA = re.compile(r"[=+\-@\t\r]")
_PROTECTED = re.compile(r"'+[=+\-@\t\r]")


def read_roster(data: str | bytes, name: str) -> Roster:
    """Read a roster; `name` is what faults call it. Never raises for bad input: see `Roster.faults`."""
    faults: list[Fault] = []
    text = _decoded(data, name, faults)
    rows: list[Row] = []
    seen: dict[str, int] = {}
    columns: list[str] = []
    for line, cells in _records(text, name, faults):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = [cell.strip().casefold() for cell in cells]
            faults += _header_faults(columns, name, line)
            if not set(REQUIRED) <= set(columns):
                break
            continue
        if len(rows) >= MOST_ROWS:
            faults.append(Fault(name, line, f"A roster holds at most {MOST_ROWS:,} people."))
            break
        if len(cells) > len(columns):
            faults.append(
                Fault(
                    name,
                    line,
                    f"This line has {len(cells)} fields, the first line has {len(columns)}. "
                    "Put quotes around a field that holds a comma.",
                )
            )
            continue
        row = _row(dict(zip(columns, cells, strict=False)), name, line, faults)
        if row.email in seen:
            faults.append(Fault(name, line, f"{row.email} already stands on line {seen[row.email]}."))
            continue
        if row.email:
            seen[row.email] = line
            rows.append(row)
    if not columns and not faults:
        faults.append(Fault(name, 1, f"This roster is empty. Its first line must be: {','.join(COLUMNS)}"))
    return Roster(tuple(rows), name, tuple(sorted(set(faults))))


def write_roster(roster: Roster) -> str:
    """The CSV text of a roster; `read_roster` gives it back equal. Safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in roster.rows:
        cells = (row.email, row.name, ";".join(row.teams), row.role, row.location, row.language, ";".join(row.skills))
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def safe_cell(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what could start a formula (OWASP, CSV injection)."""
    return f"'{cell}" if _FORMULA.match(cell) or _PROTECTED.match(cell) else cell


def _decoded(data: str | bytes, name: str, faults: list[Fault]) -> str:
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    if len(data) > MOST_BYTES:
        faults.append(Fault(name, 1, "This file is far too long for a roster."))
        return ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.append(Fault(name, 1, "This is UTF-16 text. Save the roster as “CSV UTF-8”."))
        return ""
    if data.startswith(b"PK\x03\x04"):
        faults.append(Fault(name, 1, "This is a spreadsheet, not a CSV file. Save it as “CSV UTF-8”."))
        return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        word = data[: error.end].split(b"\n")[-1].decode("cp1252", "replace")[-20:]
        faults.append(
            Fault(
                name,
                line,
                f"This line is not UTF-8 (at “{word}”), so names would be damaged. Save the roster as “CSV UTF-8”.",
            )
        )
        return ""


def _records(text: str, name: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts."""
    skipped = 0
    delimiter = ""
    hint = re.match(r"\s*\"?sep=(.)\"?[ \t]*\r?\n", text, re.IGNORECASE)
    if hint:
        delimiter, skipped = hint[1], text.count("\n", 0, hint.end())
        text = text[hint.end() :]
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = delimiter or max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        what = "A quote is opened and not closed" if "end of data" in str(error) else "The quotes do not match"
        if "limit" in str(error):
            what = "A field is far too long: perhaps a quote is not closed"
        faults.append(Fault(name, line, f"{what} on this line or below it."))


def _header_faults(columns: list[str], name: str, line: int) -> list[Fault]:
    faults = []
    for column in columns:
        if column not in COLUMNS:
            close = get_close_matches(column, COLUMNS, n=1, cutoff=0.6)
            meant = f" Did you mean “{close[0]}”?" if close else f" The columns are: {', '.join(COLUMNS)}."
            faults.append(Fault(name, line, f"There is no column “{column}” in a roster.{meant}"))
        elif columns.count(column) > 1:
            faults.append(Fault(name, line, f"The column “{column}” stands there twice."))
    for column in REQUIRED:
        if column not in columns:
            faults.append(
                Fault(name, line, f"The column “{column}” is missing. The first line must be: {','.join(COLUMNS)}")
            )
    return faults


def _row(cells: dict[str, str], name: str, line: int, faults: list[Fault]) -> Row:
    def fault(sentence: str) -> None:
        faults.append(Fault(name, line, sentence))

    clean: dict[str, str] = {}
    for column, cell in cells.items():
        value = cell.strip()
        if value.isprintable():
            value = " ".join(value.split())
        if _FORMULA.match(value):
            fault(f"The {column} may not begin with “{value[0]}”: a spreadsheet would run it as a formula.")
            value = ""
        elif _PROTECTED.match(value):
            value = value[1:]
        if len(value) > LONGEST.get(column, 1000):
            fault(f"The {column} has {len(value)} characters; {LONGEST.get(column, 1000)} is the most.")
            value = ""
        if not value.isprintable():
            fault(f"The {column} holds a line break or a control character.")
            value = ""
        clean[column] = value
    email = canonical_email(clean.get("email", ""))
    if not email and not cells.get("email", "").strip():
        fault("The e-mail is missing.")
    elif email and not is_email(email):
        fault(f"“{email}” is not an e-mail address.")
    if not clean.get("name") and not cells.get("name", "").strip():
        fault("The name is missing.")
    role = clean.get("role", "").lower() or "member"
    if role not in ROLES:
        fault(f"“{role}” is not a role. Write one of {', '.join(ROLES)}.")
    language = clean.get("language", "").lower() or "en"
    if language not in LANGUAGES:
        fault(f"“{language}” is not a language of this site. Write one of {', '.join(LANGUAGES)}.")
    teams = _split(clean.get("team", ""))
    if len(teams) > 1 and role != "coach":
        fault("Only a coach can be in several teams. Keep one.")
    skills = _split(clean.get("skills", ""))
    if len(skills) > MOST_SKILLS or any(len(skill) > LONGEST_SKILL for skill in skills):
        fault(f"Name at most {MOST_SKILLS} skills of up to {LONGEST_SKILL} characters, with semicolons between them.")
    return Row(
        email=email,
        name=clean.get("name", ""),
        teams=teams,
        role=role,
        location=clean.get("location", ""),
        language=language,
        skills=skills,
        line=line,
    )


def _split(cell: str) -> tuple[str, ...]:
    """The parts of a cell between semicolons, each once whatever its capitals."""
    parts: dict[str, str] = {}
    for part in cell.split(";"):
        if part.strip():
            parts.setdefault(part.strip().casefold(), part.strip())
    return tuple(parts.values())
