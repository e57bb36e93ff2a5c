"""`flask mail`: a test mail, and the door through which mail comes in:

flask mail test rik@example.org
flask mail receive --to "$RECIPIENT" < mail     as a pipe of any mail server; exit 75 asks it to try again later
"""

from __future__ import annotations

import sys
import time

import click
from flask.cli import AppGroup

from community.mailroom.incoming import MAX_BYTES
from community.mailroom.queue import deliver, outcome_of, post_test
from community.mailroom.receiving import receive
from community.people.queries import person_by_email
from community.ports import ports

mail = AppGroup("mail", help="Mail: send a test, receive one.")

TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h


@mail.command("test")
@click.argument("email")
def test_command(email: str) -> None:
    """Send a test mail to somebody now, and print what the mail server answered."""
    person = person_by_email(email)
    if person is None:
        raise click.ClickException(f"There is no account with the e-mail {email}.")
    number = post_test(person)
    deliver({"mail": number})
    state, answer = outcome_of(number)
    patience = time.monotonic() + 30
    while state == "waiting" and not answer and time.monotonic() < patience:  # a worker was quicker, and is at it
        time.sleep(0.2)
        state, answer = outcome_of(number)
    if state != "sent":
        raise click.ClickException(f"It did not leave: {answer or 'the mail server is away'}")
    click.echo(f"Sent to {email}: {answer}")


@mail.command("receive")
@click.option("--to", default="", help="The address that it was delivered for; without it the mail's headers say.")
def receive_command(to: str) -> None:
    """Read one mail from standard input, and use it: a reply becomes a comment, a report of a failure is noted."""
    raw = sys.stdin.buffer.read(MAX_BYTES)
    while sys.stdin.buffer.read(1_000_000):  # the mail server wants to write to the end
        pass
    if not ports.mail_domain:
        click.echo("Set MAIL_DOMAIN: this house receives no mail.", err=True)
        sys.exit(TRY_LATER)
    try:
        outcome = receive(raw, to=to)
    except Exception as fault:
        click.echo(f"It could not be used now: {type(fault).__name__}", err=True)
        sys.exit(TRY_LATER)
    click.echo(outcome)
