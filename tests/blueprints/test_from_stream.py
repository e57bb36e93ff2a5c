"""What came with posts, beside the files of a space: seen with the post, copied without touching it."""

from __future__ import annotations

import io

from community.extensions import db
from community.files.actions import create_folder
from community.files.models import File
from community.files.queries import file_for
from community.microblog.actions import create_post
from community.microblog.attachments import Arrived
from community.microblog.models import Attachment
from community.ports import ports
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries, post_form
from tests.world import World

PAGE = "/spaces/noorderlicht/from-stream"


def _post(world: World, name: str, audience: str = "space", who: str = "noor") -> Attachment:
    stored = ports.storage().put(io.BytesIO(name.encode()), limit_bytes=1000)
    post = create_post(
        world.actor(who),
        world.space("noorderlicht"),
        body=f"Kijk: {name}",
        audience=audience,
        files=[Arrived(name, stored, "text/plain", "What it is")],
    )
    return db.session.scalars(db.select(Attachment).where(Attachment.post_id == post.id)).one()


def test_who_sees_the_post_sees_its_file_here_and_goes_back_to_it(world: World, as_person, app) -> None:
    for_all, for_coach = _post(world, "plan.txt"), _post(world, "vraag.txt", "coach")
    page = as_person("samir").get(PAGE)
    assert "plan.txt" in page.text and "vraag.txt" not in page.text
    assert f"/spaces/noorderlicht/posts/{for_all.post_id}" in page.text
    assert "vraag.txt" in as_person("anna").get(PAGE).text
    assert as_person("joost").get(PAGE).status_code == 404
    assert as_person("samir").get(f"{PAGE}/{for_coach.id}/copy").status_code == 404
    assert as_person("ingrid").get(f"{PAGE}/{for_all.id}/copy").status_code == 403
    listed = program_of(world, app.test_client, "samir", "read").get("/spaces/noorderlicht/stream-files").json
    assert [(one["name"], one["post"]) for one in listed["items"]] == [("plan.txt", for_all.post_id)]


def test_a_copy_is_a_file_of_its_own_and_for_no_more_people_than_the_post(world: World, as_person) -> None:
    team = world.space("noorderlicht")
    folder = create_folder(world.actor("noor"), team, name="Evidence")
    held, quiet = _post(world, "plan.txt"), _post(world, "vraag.txt", "coach")
    anna = as_person("anna")
    for expected in ("plan.txt", "plan (2).txt"):
        answer = post_form(anna, f"{PAGE}/{held.id}/copy", folder=str(folder.id))
        assert answer.status_code == 303
        made = file_for(world.actor("samir"), team, f"Evidence/{expected}")
        assert (made.description, made.audience, made.size) == ("What it is", "space", 8)
    post_form(anna, f"{PAGE}/{quiet.id}/copy", folder="")
    copied = db.session.scalars(db.select(File).where(File.name == "vraag.txt")).one()
    assert copied.audience == "coach"
    assert (
        as_person("samir").get(f"/spaces/noorderlicht/posts/{held.post_id}/files/{held.id}/plan.txt").data
        == b"plan.txt"
    )


def test_the_page_asks_no_more_with_more_files(world: World, as_person) -> None:
    samir = as_person("samir")
    _post(world, "0.txt")
    samir.get(PAGE)
    with count_queries() as few:
        samir.get(PAGE)
    for number in range(1, 8):
        _post(world, f"{number}.txt")
    samir.get(PAGE)
    with count_queries() as many:
        samir.get(PAGE)
    assert len(many) <= len(few)
