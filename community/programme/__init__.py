"""A programme as an organisation writes it down: one TOML file, and a roster of people.

    sheet      the programme file and the roster as plain values, and what a fault is
    lines      on which line of a TOML file each key stands
    table      one table of that file: values by type, unknown keys, near misses
    reading    a TOML file -> Programme, with every fault and its line at once; never an exception
    roster     a CSV file -> Roster, and back
    writing    Programme -> a TOML file that reads back equal

    models     prompts and events, which live in the spaces of a programme
    kind       the cards of both
    actions    import_programme(): the file becomes spaces, people, phases, prompts and events; twice is once
    queries    the next event, the open prompts
    export     what runs here, as the same file again
    cli        flask programme import | export

Reading and writing ask neither the database nor the settings, so that a file can be checked anywhere.
"""
