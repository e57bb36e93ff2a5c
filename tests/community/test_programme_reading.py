"""Pieter-Jan changes the example programme at his desk, and hears of each mistake with its line, all at once (J1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community.people.handles import is_email
from community.programme.lines import lines_of
from community.programme.reading import read_programme
from community.programme.roster import read_roster, write_roster
from community.programme.sheet import (
    AUDIENCES,
    LANGUAGES,
    ROLES,
    Coaching,
    Cohort,
    Event,
    Milestone,
    Person,
    Phase,
    Programme,
    Prompt,
    Question,
    Roster,
    Row,
    Team,
    faults_between,
    slug_of,
)
from community.programme.writing import write_programme

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TOML = (EXAMPLES / "leading-change-2026.toml").read_text("utf-8")
CSV = (EXAMPLES / "leading-change-2026-roster.csv").read_text("utf-8")

SMALL = """\
[programme]
name = "Leading Change 2026"

[cohort]
name = "Cohort 14"
timezone = "Europe/Amsterdam"

[[phase]]
key = "campus"
name = "Campus"
starts = 2026-06-08
ends = 2026-06-11
"""
HEADER = "email,name,team,role,location,language,skills\n"


def faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.sentence) for fault in read_programme(text, "mine.toml").faults]


def roster_faults(text: str | bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.sentence) for fault in read_roster(text, "mine.csv").faults]


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


# --- the example ------------------------------------------------------------------------------------------------------


def test_the_example_is_the_programme_of_the_journeys() -> None:
    programme = read_programme(TOML, "example")
    assert programme.faults == ()
    assert (programme.name, programme.slug) == ("Leading Change 2026", "leading-change-2026")
    assert programme.cohort == Cohort("Cohort 14", "cohort-14", "Europe/Amsterdam")
    assert [phase.key for phase in programme.phases] == ["pre", "campus", "post", "alumni"]
    campus = programme.phases[1]
    assert programme.phase_starts(campus) == datetime(2026, 6, 7, 22, tzinfo=UTC), "midnight in Domburg is 22:00 UTC"
    assert programme.phase_ends(campus) == datetime(2026, 6, 11, 22, tzinfo=UTC)
    assert programme.phase_ends(programme.phases[3]) is None
    noorderlicht = programme.team_named("NOORDERLICHT")
    assert noorderlicht is not None
    question = next(q for q in programme.questions if q.key == noorderlicht.question)
    assert question.text == "How do we halve the time between a customer’s question and our first useful answer?"
    assert question.asked_by == "ingrid.solheim@waterland.example"
    anna = "anna.dewit@waterland.example"
    assert [team.name for team in programme.teams if anna in team.coaches] == ["Noorderlicht", "Getij", "Zuiderkruis"]


def test_the_example_roster_is_real_sized() -> None:
    programme, roster = read_programme(TOML, "example"), read_roster(CSV, "roster.csv")
    assert roster.faults == ()
    assert faults_between(programme, roster) == []
    assert len(roster.rows) == 48
    sizes = {team.name: sum(team.name in row.teams for row in roster.rows) for team in programme.teams}
    assert len(sizes) == 7 and set(sizes.values()) == {6, 7}
    assert len(programme.coaches) == 4 and len(programme.facilitators) == 2
    assert {row.location for row in roster.rows} == {"Utrecht", "Vlissingen", "Oslo", "Accra"}
    assert roster.rows[0].skills == ("interviewing", "customer service", "facilitating")


def test_writing_the_example_back_reads_equal() -> None:
    programme, roster = read_programme(TOML, "example"), read_roster(CSV, "roster.csv")
    assert read_programme(write_programme(programme), "again") == programme
    assert read_roster(write_roster(roster), "again") == roster


def test_every_key_of_the_file_is_explained_beside_it() -> None:
    explained = (EXAMPLES / "README.md").read_text("utf-8")
    for kind in (Person, Coaching, Question, Phase, Team, Prompt, Event):
        for key in kind.__dataclass_fields__:
            assert f"`{key}`" in explained, key
    for column in Row.__dataclass_fields__:
        assert column in ("line", "teams") or f"`{column}`" in explained, column


# --- faults of the programme file -------------------------------------------------------------------------------------


def test_a_small_file_is_enough() -> None:
    programme = read_programme(SMALL, "small")
    assert programme.faults == ()
    assert (programme.slug, programme.cohort.slug) == ("leading-change-2026", "cohort-14")


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ('name = "Cohort 14"', 'naam = "Cohort 14"', 'naam = "Cohort 14"', "Did you mean “name”?"),
        ('name = "Cohort 14"', 'naam = "Cohort 14"', "[cohort]", "[cohort] needs “name”"),
        ('timezone = "Europe/Amsterdam"', 'timezone = "Europe/Domburg"', "timezone", "not a time zone"),
        ('timezone = "Europe/Amsterdam"', 'timezone = "../../etc/passwd"', "timezone", "not a time zone"),
        ('timezone = "Europe/Amsterdam"', "timezone = 2", "timezone", "must be a text in quotes"),
        ("starts = 2026-06-08", 'starts = "8 June"', "starts", "Write it as 2026-06-08"),
        ("starts = 2026-06-08", "starts = 2026-02-30", "starts", "This date does not exist"),
        ("starts = 2026-06-08", "starts = 2026-06-08T09:00:00", "starts", "a day without a time"),
        ("starts = 2026-06-08", "starts = 0026-06-08", "starts", "cannot be meant"),
        ("ends = 2026-06-11", "ends = 2026-06-01", "ends", "ends on 2026-06-01, before it starts"),
        ("[[phase]]", "[[fase]]", "[[fase]]", "Did you mean “phase”?"),
        ("[[phase]]", "[phase]", "[phase]", "with double brackets"),
        ("[cohort]", "[[cohort]]", "[[cohort]]", "with single brackets"),
        ('name = "Campus"', 'name = ""', 'name = ""', "“name” is empty"),
        ('name = "Campus"', 'name = "Cam\\npus"', 'name = "Cam', "line break or a control character"),
        ('name = "Campus"', f'name = "{"c" * 121}"', 'name = "ccc', "60 is the most"),
        ('name = "Cohort 14"', 'name = "Cohort 14"\nslug = "Cohort 14"', "slug", "small letters, digits and hyphens"),
        ('name = "Cohort 14"', 'name = "第十四"', "name = \"第十四\"", "No address can be made"),
        ('name = "Cohort 14"', 'name = "Cohort 14"\nslug = "leading-change-2026"', "slug", "is already used on line 2"),
        ('name = "Cohort 14"', "name = Cohort", "name = Cohort", 'Put quotes around the text: "Cohort"'),
        ('name = "Cohort 14"', 'name = "Cohort 14', 'name = "Cohort 14', "quote is missing"),
        ("[cohort]", "[cohort", "[cohort", "cannot be read as TOML"),
        ('key = "campus"', 'key = "campus"\nkey = "camp"', 'key = "camp"', "already given above"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_stands(old: str, new: str, at: str, says: str) -> None:
    text = SMALL.replace(old, new)
    anchor = new if new in text and at in new and "\n" not in new else at
    found = faults(text)
    assert any(says in sentence and line == line_of(text, anchor) for line, sentence in found), found


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[[phase]]\nname = "Post"\nstarts = 2026-06-11', "Phases may not overlap"),
        ("[coaching]\nresponse_days = 31", "“response_days” must be a whole number from 1 to 30, not 31"),
        ('[coaching]\nresponse_days = "two"', "“response_days” must be a whole number"),
        ("[coaching]\nresponse_day = 2", "Did you mean “response_days”?"),
        ('[coaching]\nholidays = ["Christmas"]', "must be a day such as 2026-12-25"),
        ("[coaching]\nholidays = [1926-12-25]", "cannot be meant"),
        ('[[team]]\nname = "Getij"\nresponse_days = 0', "“response_days” must be a whole number"),
        ('[[phase]]\nname = "Before"\nstarts = 2026-05-01', "needs “ends”"),
        ('[[phase]]\nkey = "campus"\nname = "Again"\nstarts = 2026-07-01', "“campus” is already used on line 8"),
        ('[[team]]\nname = "Getij"\nquestion = "waiting"', "No [[question]] has the key “waiting”"),
        ('[[team]]\nname = "Getij"\ncoaches = ["anna@waterland.example"]', "No [[coach]] has the e-mail"),
        ('[[team]]\nname = "Getij"\ncoaches = "anna"', "“coaches” must be a list"),
        ('[[team]]\nname = "Getij"\ncoaches = [1]', "must be a text in quotes"),
        ('[[team]]\nname = "Getij"\n[[team]]\nname = "getij"', "A team “getij” already stands on line 15"),
        ('[[coach]]\nname = "Anna"', "[[coach]] needs “email”"),
        ('[[coach]]\nemail = "anna"\nname = "Anna"', "“anna” is not an e-mail address"),
        ('[[coach]]\nemail = "a@b.example"\nname = "A"\nlanguage = "fr"', "must be one of en, nl, not “fr”"),
        ('[[question]]\ntext = "How?"\nasked_by = "i@w.example"', "No [[sponsor]] has the e-mail"),
        ('[[prompt]]\nphase = "campus"\nopens = 2026-06-08\ncloses = 2026-06-09', "needs its words"),
        ('[[prompt]]\nen = "?"\nphase = "campsu"', "Did you mean “campus”?"),
        ('[[prompt]]\nen = "Who?"\nphase = "campus"\nopens = 2026-06-09\ncloses = 2026-06-08', "must be later than"),
        ('[[prompt]]\nen = "Who?"\naudience = "me"\nphase = "campus"', "must be one of only_me, coach, space"),
        ('[[event]]\ntitle = "Dinner"\nstarts = 2026-06-08T18:30:00', "[[event]] needs “ends”"),
        ('[[event]]\ntitle = "Dinner"\nstarts = "half past six"', "is not a day and time"),
        ('[[event]]\ntitle = "Early"\nstarts = 2026-03-29T02:30:00', "does not exist on 2026-03-29"),
        ('[[event]]\ntitle = "Dinner"\nteam = "Getij"', "There is no [[team]] “Getij”"),
        ('[[milestone]]\ntitle = "Draft"', "[[milestone]] needs “due”"),
        ("[[milestone]]\ndue = 2026-06-08T12:00:00", "[[milestone]] needs “title”"),
        ('[[milestone]]\ntitle = "Draft"\ndue = 2026-06-08\nteam = "Getij"', "There is no [[team]] “Getij”"),
        ('[[milestone]]\ntitle = "Draft"\ndue = 2026-06-08\nsponsor = "yes"', "“sponsor” must be true or false"),
        ("[sponsors]", "There is no section “sponsors” in a programme file. Did you mean “sponsor”?"),
    ],
)
def test_each_mistake_between_sections_is_named(more: str, says: str) -> None:
    found = faults(SMALL + "\n" + more + "\n")
    assert any(says in sentence and line >= 13 for line, sentence in found), found


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("Europe/Amsterdam", "Mars/Olympus").replace("2026-06-11", "2026-06-01") + '[[team]]\nnaem = "x"\n'
    )
    found = faults(text)
    assert [line for line, _ in found] == sorted(line for line, _ in found)
    said = " ".join(sentence for _, sentence in found)
    assert "Mars/Olympus" in said and "before it starts" in said and "Did you mean “name”?" in said


def test_several_lines_that_are_no_toml_are_all_named() -> None:
    text = SMALL.replace('"Cohort 14"', "Cohort 14").replace('"Campus"', "“Campus”")
    assert [line for line, _ in faults(text)] == [line_of(text, "Cohort 14"), line_of(text, "“Campus”")]


def test_an_unclosed_text_is_named_where_it_begins() -> None:
    text = SMALL.replace('name = "Campus"', 'name = """Campus')
    assert [line for line, _ in faults(text)] == [line_of(text, '"""Campus')]


def test_gaps_between_phases_are_fine_and_order_does_not_matter() -> None:
    text = SMALL + '\n[[phase]]\nkey = "pre"\nname = "Pre-campus"\nstarts = 2026-05-11\nends = 2026-06-05\n'
    assert [phase.key for phase in read_programme(text, "x").phases] == ["pre", "campus"]
    assert faults(text) == []


def test_bytes_from_any_editor_are_read_or_refused_in_one_sentence() -> None:
    assert faults(SMALL.replace("\n", "\r\n").encode("utf-8-sig")) == []
    assert faults(SMALL.replace("Campus", "Campus té").encode("cp1252")) == [
        (10, "This is not UTF-8 text. Save the file as UTF-8.")
    ]
    assert faults(SMALL.encode("utf-16"))[0][1] == "This is not UTF-8 text. Save the file as UTF-8."
    assert "far too long" in faults("#" * 2_000_001)[0][1]
    assert "too long or too deep" in faults("a = " + "[" * 5000 + "]" * 5000)[0][1]


def test_an_empty_file_says_what_is_missing() -> None:
    said = " ".join(sentence for _, sentence in faults(""))
    for section in ("[programme]", "[cohort]", "[[phase]]"):
        assert section in said


def test_a_time_with_an_offset_becomes_the_cohorts_wall_clock() -> None:
    text = SMALL + '\n[[event]]\ntitle = "Call"\nstarts = 2026-06-08T07:00:00Z\nends = "2026-06-08 10:00"\n'
    programme = read_programme(text, "x")
    assert programme.events[0].starts == datetime.fromisoformat("2026-06-08T09:00")
    assert programme.utc(programme.events[0].ends) == datetime(2026, 6, 8, 8, 0, tzinfo=UTC)
    assert programme.wall(datetime(2026, 6, 8, 8, 0, tzinfo=UTC)) == programme.events[0].ends


def test_lines_are_found_around_every_kind_of_string() -> None:
    text = (
        'a = """one\n# no remark\nb = 1 \\""" \n"""\nb = \'\'\'\n[x]\n\'\'\'\n'
        "[[t]]\nlist = [ # remark ]\n  'x,]',\n  \"y\",\n]\n'quo.ted' = { in = 1, out = '}' }\n[[t]]\n[t.sub]\nk.l = 1\n"
    )
    lines = lines_of(text)
    assert lines.of("a") == 1
    assert lines.of("b") == 5
    assert lines.of("t", 0, "list", 1) == line_of(text, '"y"')
    assert lines.of("t", 0, "quo.ted", "out") == line_of(text, "'quo")
    assert lines.of("t", 1, "sub", "k", "l") == line_of(text, "k.l")
    assert lines.of("t", 1, "nothing") == line_of(text, "[t.sub]") - 1


@given(st.text(max_size=300) | st.text(alphabet="[]{}=\"'#.,\n\\ ab1-:T", max_size=200))
def test_no_text_makes_it_raise(text: str) -> None:
    lines_of(text)
    assert all(fault.line >= 1 for fault in read_programme(text, "x").faults)
    assert all(fault.line >= 1 for fault in read_roster(text, "x").faults)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    read_programme(data, "x")
    read_roster(HEADER.encode() + data, "x")


# --- faults of the roster ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("noor@waterland.example,Noor,,,,,,too,many", "This line has 9 fields"),
        ("noor at waterland.example,Noor", "is not an e-mail address"),
        (",Noor", "The e-mail is missing"),
        ("noor@waterland.example,", "The name is missing"),
        ("noor@waterland.example,Noor,,leader", "“leader” is not a role"),
        ("noor@waterland.example,Noor,,,,fr", "“fr” is not a language"),
        ("noor@waterland.example,Noor,Getij;Duinpan", "Only a coach can be in several teams"),
        ('noor@waterland.example,"=HYPERLINK(""http://x"")"', "may not begin with “=”"),
        ("noor@waterland.example,@SUM(A1)", "may not begin with “@”"),
        ("noor@waterland.example,Noor,,,+31", "may not begin with “+”"),
        ("noor@waterland.example,No\x00or", "control character"),
        ('noor@waterland.example,"No\nor"', "line break or a control character"),
        (f"noor@waterland.example,{'n' * 121}", "120 is the most"),
        ("NOOR@waterland.example,Noor\nnoor@Waterland.example,Noor", "already stands on line 2"),
        ('noor@waterland.example,"Noor', "opened and not closed"),
        ('noor@waterland.example,"No"or', "quotes do not match"),
    ],
)
def test_each_mistake_in_a_roster_is_named(row: str, says: str) -> None:
    found = roster_faults(HEADER + row + "\n")
    assert any(says in sentence and line in (2, 3) for line, sentence in found), found


def test_lines_of_a_roster_are_counted_as_an_editor_counts_them() -> None:
    text = HEADER + '\na@w.example,A,,,"Two\nlines"\n\nb@w.example,B,,boss\n'
    assert [line for line, _ in roster_faults(text)] == [3, 6]


def test_the_header_is_checked() -> None:
    assert roster_faults("email,name,taem\n") == [(1, "There is no column “taem” in a roster. Did you mean “team”?")]
    assert roster_faults("email,name,name\n")[0] == (1, "The column “name” stands there twice.")
    assert "The column “email” is missing" in roster_faults("name\nNoor\n")[0][1]
    assert "This roster is empty" in roster_faults("")[0][1]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_save_is_read(delimiter: str) -> None:
    text = f"sep={delimiter}\r\n" + HEADER.replace(",", delimiter).replace("\n", "\r\n")
    text += delimiter.join(
        ["fatma@waterland.example", "Fatma Yıldırım", "Noorderlicht", "Member", "", "NL", '"law;film"']
    )
    for data in (text, text.encode("utf-8-sig"), text.encode()):
        roster = read_roster(data, "x")
        assert roster.faults == ()
        assert roster.rows == (
            Row("fatma@waterland.example", "Fatma Yıldırım", ("Noorderlicht",), "member", "", "nl", ("law", "film")),
        )
        assert roster.rows[0].line == 3


def test_other_encodings_are_refused_where_they_show() -> None:
    text = HEADER + "a@w.example,A\nfrancoise@w.example,Françoise\n"
    line, sentence = roster_faults(text.encode("cp1252"))[0]
    assert line == 3 and "not UTF-8 (at “oise@w.example,Franç”)" in sentence and "CSV UTF-8" in sentence
    assert "UTF-16" in roster_faults(text.encode("utf-16"))[0][1]
    assert "a spreadsheet, not a CSV" in roster_faults(b"PK\x03\x04rest")[0][1]


def test_a_roster_and_a_programme_must_fit() -> None:
    programme = read_programme(TOML, "p.toml")
    roster = read_roster(
        HEADER + "x@w.example,X,Kompas\nanna.dewit@waterland.example,Anna de Wit\nk@w.example,K,Getij;Nergens,coach\n",
        "r.csv",
    )
    found = faults_between(programme, roster)
    assert [(fault.file, fault.line) for fault in found] == [("r.csv", 2), ("r.csv", 3), ("r.csv", 4)]
    assert "no team “Kompas”" in found[0].sentence
    assert "“Anna de Wit-Okonkwo” in the programme file" in found[1].sentence
    assert "no team “Nergens”" in found[2].sentence
    assert str(found[0]).startswith("r.csv, line 2: ")


def test_addresses_and_slugs() -> None:
    assert slug_of("Halve Maan") == "halve-maan"
    assert slug_of("Ragnhild Øvergård & Fatma Yıldırım") == "ragnhild-overgard-fatma-yildirim"
    assert slug_of("第十四") == ""
    assert is_email("o'brien+x@mail.waterland.example") and is_email("用户@例子.公司")
    for wrong in (
        "",
        "x",
        "x@y",
        "x@@y.z",
        "x y@z.example",
        "x@.example",
        "x@y..z",
        "a@b.example, c@d.example",
        "a" * 250 + "@b.cc",
    ):
        assert not is_email(wrong), wrong


# --- any programme survives the way out and back ----------------------------------------------------------------------

inked = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
line = st.text(inked, min_size=1, max_size=30)
prose = (
    st.text(st.one_of(inked, st.sampled_from(" \n\t\"\\'#")), max_size=80)
    .map(str.strip)
    .filter(lambda text: all(char.isprintable() or char in "\n\t" for char in text))
)
emails = st.from_regex(r"[a-z][a-z0-9']{0,9}(\.[a-z0-9]{1,4})?@[a-z]{1,8}\.example", fullmatch=True)
slugs = st.from_regex(r"[a-z]{3,10}", fullmatch=True)
languages, skills = st.sampled_from(LANGUAGES), st.lists(line, max_size=3, unique=True).map(tuple)
summer = st.datetimes(datetime.fromisoformat("2026-05-01"), datetime.fromisoformat("2026-09-01")).map(
    lambda moment: moment.replace(microsecond=0)
)


holidays = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    def some(what: st.SearchStrategy[str], most: int = 3) -> list[str]:
        return draw(st.lists(what, max_size=most, unique=True))

    def people() -> tuple[Person, ...]:
        return tuple(
            Person(e, draw(line), draw(st.just("") | line), draw(languages), draw(skills)) for e in some(emails)
        )

    def spans() -> tuple[datetime, datetime]:
        begin = draw(summer)
        return begin, begin + timedelta(seconds=draw(st.integers(1, 800_000)))

    names = draw(st.lists(slugs, min_size=5, max_size=5, unique=True))
    sponsors, coaches = people(), people()
    asked = st.sampled_from(["", *[person.email for person in sponsors]])
    questions = tuple(Question(key, draw(prose.filter(bool)), draw(asked), draw(prose)) for key in some(slugs))
    day, phases = date(2026, 5, 1), []
    for key in draw(st.lists(slugs, min_size=1, max_size=3, unique=True)):
        ends = day + timedelta(days=draw(st.integers(0, 40)))
        phases.append(Phase(key, draw(line), day, ends))
        day = ends + timedelta(days=draw(st.integers(1, 5)))
    coaching = (
        st.lists(st.sampled_from([person.email for person in coaches]), unique=True).map(tuple)
        if coaches
        else st.just(())
    )
    asking = st.sampled_from(["", *[question.key for question in questions]])
    teams = tuple(
        Team(f"Team {name}", name, draw(asking), draw(coaching), draw(st.none() | st.integers(1, 30)))
        for name in names[2:]
    )
    which = st.sampled_from([phase.key for phase in phases])
    prompts = tuple(
        Prompt(key, draw(which), *spans(), draw(prose.filter(bool)), draw(prose), draw(st.sampled_from(AUDIENCES)))
        for key in some(slugs)
    )
    where = st.sampled_from(["", *[team.slug for team in teams]])
    events = tuple(
        Event(key, draw(line), *spans(), draw(st.just("") | line), draw(prose), draw(where)) for key in some(slugs)
    )
    milestones = tuple(
        Milestone(key, draw(line), spans()[0], draw(prose), draw(where), draw(st.booleans())) for key in some(slugs)
    )
    return Programme(
        draw(line), names[0], draw(prose), Cohort(draw(line), names[1], "Europe/Amsterdam"),
        sponsors, people(), coaches, questions, tuple(phases), teams, prompts, events, milestones,
        Coaching(draw(st.none() | st.integers(1, 30)), tuple(sorted(draw(st.sets(holidays, max_size=3)))), draw(prose)),
    )  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(programmes())
def test_any_programme_reads_back_equal(programme: Programme) -> None:
    again = read_programme(write_programme(programme), "again")
    assert again.faults == ()
    assert again == programme


cell = line.filter(lambda text: ";" not in text)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Row, emails, cell, st.just(()) | cell.map(lambda name: (name,)), st.sampled_from(ROLES), st.just("") | cell,
            languages, st.lists(cell, max_size=3, unique_by=str.casefold).map(tuple),
        ),
        unique_by=lambda row: row.email,
        max_size=5,
    )
)  # fmt: skip
def test_any_roster_reads_back_equal(rows: list[Row]) -> None:
    written = write_roster(Roster(tuple(rows)))
    again = read_roster(written.encode(), "again")
    assert again.faults == ()
    assert again.rows == tuple(rows)
    for cells in written.splitlines()[1:]:
        assert not cells.startswith(("=", "+", "-", "@"))
