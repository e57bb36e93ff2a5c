"""The mailroom: every letter leaves through one queue with a log, and what comes back is read here.

queue       a letter is posted once and sent once, with one Message-ID however often it is tried
verdicts    what a mail server's answer means
addresses   failures of an address: two hard ones within 30 days, and mail to it pauses
tokens      the words in our own addresses: who may reply to what, which letter came back
dressing    the headers with which letters about one thing hang together and can be answered
receiving   a mail that came in: a reply, a report of a failure, or neither
incoming    … taken apart                  cutting   … without what was quoted in it
replies     a reply becomes a comment
reports     a report of a failure (RFC 3464)
answers     a short mail that says why something could not be used
sweeping    what is forgotten after 90 days
"""
