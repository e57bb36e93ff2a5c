"""The access table: every route of the house with the least that it asks of a caller.

    open            anybody
    signed-in       any active account
    member          any active account that is not a guest
    administrator   site administrators
    api             the API's own gate: a token or a session (blueprints/api)

What a caller may then see or do is the domain's question. A test walks this table with every role.
"""

from __future__ import annotations

ACCESS: dict[str, str] = {
    # house
    "static": "open",
    "asset": "open",
    "theme": "open",
    "language": "open",
    "csp_reports": "open",
    "health.alive": "open",
    "health.ready": "open",
    "health.metrics": "open",
    # accounts
    "accounts.login": "open",
    "accounts.logout": "open",
}
