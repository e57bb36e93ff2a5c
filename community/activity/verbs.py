"""The closed vocabulary: every line of the log has one of these verbs. Past tense, `noun.what-happened`.

ActivityStreams 2.0 names the type that feeds and the API show beside each.
"""

from __future__ import annotations

VERBS: dict[str, str] = {
    # accounts
    "person.created": "Create",
    "person.invited": "Invite",
    "person.joined": "Join",
    "person.updated": "Update",
    "person.disabled": "Remove",
    "person.enabled": "Add",
    "person.signed-in": "Arrive",
    "person.signed-out": "Leave",
    "person.password-changed": "Update",
    "person.reset-asked": "Offer",
    "person.role-changed": "Update",
    "session.ended": "Remove",
    "token.created": "Create",
    "token.revoked": "Remove",
    # spaces
    "space.created": "Create",
    "space.updated": "Update",
    "space.archived": "Remove",
    "space.reopened": "Add",
    "member.added": "Add",
    "member.joined": "Join",
    "member.left": "Leave",
    "member.removed": "Remove",
    "member.role-changed": "Update",
    "member.asked": "Offer",
    "member.refused": "Reject",
    "invitation.created": "Invite",
    "invitation.revoked": "Undo",
    # notices
    "notices.defaults-set": "Update",
    # the programme
    "programme.imported": "Create",
    "phase.started": "Update",
    "phase.undone": "Undo",
    "prompt.created": "Create",
    "prompt.updated": "Update",
    "event.created": "Create",
    "event.updated": "Update",
    "event.cancelled": "Delete",
    # items
    "post.created": "Create",
    "post.edited": "Update",
    "post.deleted": "Delete",
    "post.reacted": "Like",
    "post.unreacted": "Undo",
    "comment.created": "Create",
    "comment.edited": "Update",
    "comment.deleted": "Delete",
    "page.created": "Create",
    "page.edited": "Update",
    "page.renamed": "Move",
    "page.deleted": "Delete",
    "file.uploaded": "Create",
    "file.replaced": "Update",
    "file.described": "Update",
    "file.deleted": "Delete",
    "entry.written": "Create",
    "entry.edited": "Update",
    "entry.shared": "Announce",
    "entry.deleted": "Delete",
}
