"""What takes the words out of a file of a stranger, in a process of its own with little memory, little time and nothing of ours in
reach. These modules know nothing of the house and ask nothing of it: whatever a hostile file does to a reader, it does there.

* `telling`   what a reader tells, and how much of it is taken
* `packed`    a document that is an archive of XML, opened within bounds
* `pdf`, `word`, `slides`, `sheets`, `books`, `rich`   one reader for each family
* `apart`     the process
"""
