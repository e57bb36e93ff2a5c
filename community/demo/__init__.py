"""The demo: the programme of `examples/`, three weeks in, told through the same actions that people use.

The story always happens now. Its today is the second day on campus: every date of the programme file is shifted by the
same number of days, so that campus began yesterday, and the moments of the story count from today ("-18 10:32" is 18 days
ago at 10:32 in the cohort's time zone, "now -16m" sixteen minutes before the demo was made). The story speaks English
and Dutch, as its people do.

    story/      what is said, as data: one TOML file a space, the people, the journals, and the files that are uploaded
    book        reads the story: pure, no database
    telling     plays it, in one action: all of it is there or nothing is
    filing      what is done with files
    cli         flask demo [--if-empty]: development only; prints sign-ins with passwords made at that moment
"""
