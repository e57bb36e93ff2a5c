"""Who is in a space: coming in, leaving, roles, requests and links."""

from __future__ import annotations

from flask import current_app, request
from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, call
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.doors import actor, me
from community.errors import Invalid, NotFound, _l
from community.people.models import Person
from community.people.queries import person_for
from community.permissions import may
from community.spaces import actions
from community.spaces.models import Invitation, Space
from community.spaces.queries import invitations_of, members_of, requests_of, space_for


class NewRole(Given):
    role: schemas.Role = "member"


class NewInvitation(Given):
    role: schemas.Role = "member"
    seats: int = Field(1, ge=1, le=250)
    days: int = Field(7, ge=1, le=60)


def _inside(slug: str) -> Space:
    """The space, for who may know its people: those with a role there, and administrators."""
    space = space_for(actor(), slug)
    if space.id not in actor().roles and not actor().is_administrator:
        raise NotFound()
    return space


@call("GET", "/spaces/<slug>/members", "The people of a space", query=Stretch, answer=schemas.Members)
def list_members(slug: str, asked: Stretch) -> schemas.Members:
    """Strongest roles first, then by name. For the people of the space."""
    found = members_of(actor(), _inside(slug))
    last = number_cursor(asked)
    start = 0
    if last is not None:
        places = [number for number, member in enumerate(found, 1) if member.person.id == last]
        if not places:
            raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one."))
        start = places[0]
    part = found[start : start + asked.many]
    more = start + asked.many < len(found)
    return schemas.Members(
        items=[
            schemas.Member(
                handle=member.person.handle,
                name=member.person.name,
                role=member.role,
                inherited=member.inherited,
                headline=member.person.headline,
                location=member.person.location,
            )
            for member in part
        ],
        next=str(part[-1].person.id) if more else None,
    )


def _membership(space: Space, person: Person, role: str | None, *, asked: bool = False) -> schemas.Membership:
    return schemas.Membership(space=space.slug, handle=person.handle, role=role, asked=asked)


@call("PUT", "/spaces/<slug>/members/<handle>", "Give a role", given=NewRole, answer=schemas.Membership)
def put_member(slug: str, handle: str, given: NewRole) -> schemas.Membership:
    """Bring a colleague in, or give them another role. For the staff; nobody gives a role above their own."""
    space = _inside(slug)
    person = person_for(actor(), handle)
    held = actions.add_member(actor(), space, person, role=given.role)
    return _membership(space, person, held.role)


@call("DELETE", "/spaces/<slug>/members/<handle>", "Take a role away")
def delete_member(slug: str, handle: str) -> Reply:
    """Leave, with your own handle; for the staff: take somebody's role away. What they made stays."""
    space = _inside(slug)
    person = person_for(actor(), handle)
    if person.id == actor().id:
        actions.leave_space(actor(), space)
    else:
        actions.remove_member(actor(), space, person)
    return Reply()


@call("POST", "/spaces/<slug>/join", "Come in, or ask to", answer=schemas.Membership, also=(202,))
def join(slug: str) -> Reply:
    """200: you are in. 202: you asked, and the people who run the space are told."""
    space = space_for(actor(), slug)
    if may(actor(), "ask", space):
        actions.ask_to_join(actor(), space)
        return Reply(_membership(space, me(), None, asked=True), status=202)
    held = actions.join_space(actor(), space)
    return Reply(_membership(space, me(), held.role))


@call("POST", "/spaces/<slug>/leave", "Leave")
def leave(slug: str) -> Reply:
    """What you made there stays."""
    actions.leave_space(actor(), space_for(actor(), slug))
    return Reply()


# ---- who asks, and links --------------------------------------------------------------------------------------------


@call("GET", "/spaces/<slug>/requests", "Who asks to come in", query=Stretch, answer=schemas.JoinRequests)
def list_requests(slug: str, asked: Stretch) -> schemas.JoinRequests:
    """For the staff."""
    after = number_cursor(asked) or 0
    found = [request for request in requests_of(actor(), _inside(slug)) if request.id > after]
    part = found[: asked.many]
    return schemas.JoinRequests(
        items=[schemas.JoinRequest(handle=one.person.handle, name=one.person.name, asked=one.asked_at) for one in part],
        next=str(part[-1].id) if len(found) > len(part) else None,
    )


@call("PUT", "/spaces/<slug>/requests/<handle>", "Let somebody in who asked")
def accept_request(slug: str, handle: str) -> Reply:
    """For the staff."""
    space = _inside(slug)
    actions.answer_request(actor(), space, person_for(actor(), handle), let_in=True)
    return Reply()


@call("DELETE", "/spaces/<slug>/requests/<handle>", "Do not let somebody in who asked")
def refuse_request(slug: str, handle: str) -> Reply:
    """For the staff. Nobody else is told."""
    space = _inside(slug)
    actions.answer_request(actor(), space, person_for(actor(), handle), let_in=False)
    return Reply()


def _invitation(link: Invitation) -> dict[str, object]:
    return {"id": link.id, "role": link.role, "seats": link.seats, "used": link.used, "expires": link.expires_at}


@call("GET", "/spaces/<slug>/invitations", "Links that let people in", query=Stretch, answer=schemas.Invitations)
def list_invitations(slug: str, asked: Stretch) -> schemas.Invitations:
    """Those with places and days left. For the staff."""
    after = number_cursor(asked) or 0
    found = [link for link in invitations_of(actor(), _inside(slug)) if link.id > after]
    part = found[: asked.many]
    return schemas.Invitations(
        items=[schemas.Invitation.model_validate(_invitation(link)) for link in part],
        next=str(part[-1].id) if len(found) > len(part) else None,
    )


@call(
    "POST", "/spaces/<slug>/invitations", "Make a link", given=NewInvitation, answer=schemas.InvitationMade, status=201
)
def make_invitation(slug: str, given: NewInvitation) -> schemas.InvitationMade:
    """For so many people and so many days. The link is shown only now."""
    space = _inside(slug)
    link, token = actions.create_invitation(actor(), space, role=given.role, seats=given.seats, days=given.days)
    base = (current_app.config["SETTINGS"].BASE_URL or request.host_url).rstrip("/")
    return schemas.InvitationMade.model_validate({**_invitation(link), "link": f"{base}/join/{token}"})


@call("DELETE", "/spaces/<slug>/invitations/<id:number>", "Make a link useless")
def revoke_invitation(slug: str, number: int) -> Reply:
    """For the staff."""
    space = _inside(slug)
    link = next((one for one in invitations_of(actor(), space) if one.id == number), None)
    if link is None:
        raise NotFound()
    actions.revoke_invitation(actor(), space, link)
    return Reply()
