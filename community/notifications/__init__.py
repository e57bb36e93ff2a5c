"""Notifications: a reader of the log that tells people what is for them, if they may see it, the way they want to be told.

* `reasons`    the words of the model: topics of notice, reasons, channels, and what each level means
* `choices`    what a person chose and what they inherit; one pure function decides the channels of a notice
* `keeping`    reads and keeps choices and levels
* `consumer`   reads the log and writes a row for each person; `hiding` takes out of the bell what can no longer be seen
* `mailing`    mails of the moment, one a thread; `digest` the mail of the day, week or month; `hours` when neither may be
* `queries`    the list behind the bell; `reading` marks in it
"""
