"""Dev, a colleague in no programme, has a list of every address that a member has. He learns nothing, not even what exists."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from playwright.sync_api import APIResponse, expect

from community.comments.actions import create_comment
from community.files.actions import upload_file
from community.files.incoming import receive
from community.journal.actions import share_entry, write_entry
from community.microblog.actions import create_post
from community.people.actions import create_token
from community.wiki.actions import create_page
from tests.browser.house import People, Site, Visitor
from tests.processes.house import until

WORD = "zeespiegelkoffie"


@pytest.fixture(scope="module")
def secrets(site: Site) -> dict[str, int]:
    """What Noorderlicht has among itself, with a word that stands nowhere else."""
    with site.meanwhile() as world:
        team, noor = world.space("noorderlicht"), world.actor("noor")
        post = create_post(noor, team, body=f"{WORD} in a post")
        page = create_page(noor, team, title="Zeespiegel", path="zeespiegel", body=f"{WORD} on a page")
        came = receive(site.app.config["STORAGE"], BytesIO(WORD.encode()), "zeespiegel.txt", limit_bytes=1000)
        file = upload_file(noor, team, name=came.name, stored=came.stored, media_type=came.media_type)
        entry = write_entry(noor, title=WORD, body=f"{WORD} in a journal")
        share_entry(noor, entry, audience="coach", space=team)
        comment = create_comment(world.actor("anna"), post, body=f"{WORD} in a comment")
        return {"post": post.id, "page": page.id, "file": file.id, "entry": entry.id, "comment": comment.id}


def test_every_address_of_a_member_is_nothing_to_dev(people: People, secrets: dict[str, int]) -> None:
    noor, dev = people.enter("noor"), people.enter("dev")
    team = "/spaces/noorderlicht"
    addresses = {
        team: "/spaces/nowhere",
        f"{team}/about": "/spaces/nowhere/about",
        f"{team}/members": "/spaces/nowhere/members",
        f"{team}/posts/{secrets['post']}": f"{team}/posts/999999",
        f"{team}/wiki": "/spaces/nowhere/wiki",
        f"{team}/wiki/zeespiegel": f"{team}/wiki/nothing-here",
        f"{team}/wiki/zeespiegel?action=history": f"{team}/wiki/nothing-here?action=history",
        f"{team}/wiki/zeespiegel?rev=1": f"{team}/wiki/nothing-here?rev=1",
        f"{team}/files": "/spaces/nowhere/files",
        f"{team}/files/zeespiegel.txt": f"{team}/files/nothing.txt",
        f"{team}/files/zeespiegel.txt?about": f"{team}/files/nothing.txt?about",
        f"/journal/{secrets['entry']}": "/journal/999999",
    }
    for address, absent in addresses.items():
        assert noor.page.request.get(address).status == 200, address
        hidden, nothing = dev.page.request.get(address), dev.page.request.get(absent)
        assert hidden.status == nothing.status == 404, address
        assert hidden.body() == nothing.body(), address
        assert plain(hidden) == plain(nothing), address
    dev.expects("404")
    dev.go(f"{team}/wiki/zeespiegel")
    expect(dev.heading("Nothing here")).to_be_visible()
    dev.look("nothing-here-for-dev")


def plain(answer: APIResponse) -> dict[str, str]:
    """The headers that say something about the thing; not the date, and not what differs each time."""
    return {name: said for name, said in answer.headers.items() if name not in ("date", "set-cookie", "x-request-id")}


def test_search_lists_and_counts_tell_dev_nothing(people: People, secrets: dict[str, int]) -> None:
    noor, dev = people.enter("noor"), people.enter("dev")

    def found() -> bool:
        noor.go(f"/search?q={WORD}")
        return noor.page.locator(".hits > li").count() >= 4

    until(found, 20)
    for path in (f"/search?q={WORD}", f"/search?q={WORD}&space=noorderlicht", f"/search?q={WORD}&kind=entry"):
        dev.go(path)
        expect(dev.page.locator(".hits > li")).to_have_count(0)
        expect(dev.page.locator("main")).not_to_contain_text("Noorderlicht")
    for path in ("/", "/feed", "/spaces", "/notifications", "/journal/shared", "/people/noor.van-der-velden"):
        dev.go(path)
        text = dev.page.content()
        assert WORD not in text and "noorderlicht" not in text.lower(), path


def test_forms_and_sockets_tell_dev_nothing(people: People, secrets: dict[str, int]) -> None:
    dev = people.enter("dev")
    dev.go("/")
    token = dev.page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    team = "/spaces/noorderlicht"
    for address in (
        team,
        f"{team}/posts/{secrets['post']}/comments",
        f"{team}/posts/{secrets['post']}/react",
        f"{team}/posts/{secrets['post']}/delete",
        f"{team}/wiki",
        f"{team}/wiki/zeespiegel",
        f"{team}/files",
        f"{team}/join",
        f"{team}/members",
        f"/comments/{secrets['comment']}/edit",
        f"/journal/{secrets['entry']}/share",
    ):
        form = {"csrf_token": token, "body": "x", "title": "x", "name": "thanks", "base": "1", "audience": "only_me"}
        assert dev.page.request.post(address, form=form).status == 404, address
    said = dev.page.evaluate(
        """async (rooms) => {
            const here = document.querySelector("script[src*='js/app']").src;
            const { io } = await import(here.replace(/js\\/app.*/, "vendor/socket.io/socket.io.esm.min.js"));
            const socket = io({ transports: ["websocket"] });
            const ask = (room) => new Promise((done) => socket.emit("watch", { room, after: 0 }, done));
            const answers = [];
            for (const room of rooms) answers.push(await ask(room));
            socket.disconnect();
            return answers;
        }""",
        ["space:noorderlicht", "space:nowhere", f"post:{secrets['post']}", "post:999999", f"page:{secrets['page']}"],
    )
    assert said == [{"ok": False}] * 5


def test_the_api_tells_dev_nothing(people: People, site: Site, secrets: dict[str, int]) -> None:
    with site.meanwhile() as world:
        _row, mine = create_token(world.actor("dev"), world.person("dev"), name="try", scope="write", days=7)
        _row, hers = create_token(world.actor("noor"), world.person("noor"), name="check", scope="write", days=7)
    dev: Visitor = people.somebody()

    def ask(path: str, token: str) -> APIResponse:
        return dev.page.request.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})

    for path, absent in (
        ("/spaces/noorderlicht", "/spaces/nowhere"),
        ("/spaces/noorderlicht/members", "/spaces/nowhere/members"),
        (f"/posts/{secrets['post']}", "/posts/999999"),
        ("/spaces/noorderlicht/wiki/zeespiegel", "/spaces/noorderlicht/wiki/nothing-here"),
        ("/spaces/noorderlicht/files/zeespiegel.txt", "/spaces/noorderlicht/files/nothing.txt"),
        (f"/journal/{secrets['entry']}", "/journal/999999"),
    ):
        assert ask(path, hers).status == 200, path
        hidden, nothing = ask(path, mine), ask(absent, mine)
        assert hidden.status == nothing.status == 404, path
        assert without_place(hidden) == without_place(nothing), path
    for path in (f"/search?q={WORD}", "/feed", "/activity?after=0", "/spaces", "/people"):
        assert WORD not in ask(path, mine).text() and "noorderlicht" not in ask(path, mine).text().lower(), path


def without_place(answer: APIResponse) -> dict[str, object]:
    """A problem without the address that was asked for."""
    said: dict[str, object] = json.loads(answer.text())
    return {name: held for name, held in said.items() if name != "instance"}
