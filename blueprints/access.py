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
    "accounts.forgotten": "open",
    "accounts.reset": "open",
    "accounts.join": "open",
    "accounts.picture": "signed-in",
    "settings.profile": "signed-in",
    "settings.save_profile": "signed-in",
    "settings.remove_picture": "signed-in",
    "settings.password": "signed-in",
    "settings.sessions": "signed-in",
    "settings.end_session": "signed-in",
    "settings.end_sessions": "signed-in",
    "settings.tokens": "signed-in",
    "settings.revoke_token": "signed-in",
    "admin.index": "administrator",
    "admin.invite_form": "administrator",
    "admin.invite": "administrator",
    "admin.person": "administrator",
    "admin.role": "administrator",
    "admin.invite_again": "administrator",
    "admin.disable_form": "administrator",
    "admin.disable": "administrator",
    "admin.enable": "administrator",
    "admin.end_sessions": "administrator",
    # home and the stream
    "home.index": "signed-in",
    "microblog.stream": "signed-in",
    "microblog.write": "signed-in",
    "microblog.post": "signed-in",
    "microblog.comment": "signed-in",
    "microblog.react_to": "signed-in",
    "microblog.edit_form": "signed-in",
    "microblog.edit": "signed-in",
    "microblog.delete_form": "signed-in",
    "microblog.delete": "signed-in",
    "microblog.comment_edit_form": "signed-in",
    "microblog.comment_edit": "signed-in",
    "microblog.comment_delete_form": "signed-in",
    "microblog.comment_delete": "signed-in",
    "microblog.mine": "signed-in",
    # spaces
    "spaces.index": "signed-in",
    "spaces.new_form": "member",
    "spaces.new": "member",
    "spaces.about": "signed-in",
    "spaces.join": "member",
    "spaces.leave_form": "signed-in",
    "spaces.leave": "signed-in",
    "spaces.members": "signed-in",
    "spaces.add": "signed-in",
    "spaces.change": "signed-in",
    "spaces.answer": "signed-in",
    "spaces.invite": "signed-in",
    "spaces.revoke": "signed-in",
    "spaces.settings_form": "signed-in",
    "spaces.settings": "signed-in",
    "spaces.archive_form": "signed-in",
    "spaces.archive": "signed-in",
    "spaces.phases": "signed-in",
    "spaces.phase_form": "signed-in",
    "spaces.phase_start": "signed-in",
    "spaces.phase_undo": "signed-in",
    # the wiki
    "wiki.index": "signed-in",
    "wiki.create": "signed-in",
    "wiki.page": "signed-in",
    "wiki.save": "signed-in",
    "wiki.restore": "signed-in",
    "wiki.rename_form": "signed-in",
    "wiki.rename": "signed-in",
    "wiki.delete_form": "signed-in",
    "wiki.delete": "signed-in",
    "wiki.comment": "signed-in",
    # people, what is for me, search
    "people.index": "signed-in",
    "people.person": "signed-in",
    "notifications.index": "signed-in",
    "notifications.go": "signed-in",
    "notifications.read_all": "signed-in",
    "search.index": "signed-in",
}
