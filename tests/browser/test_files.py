"""The files of a team in a browser: interviews over a line that breaks, versions, the bin, folders, the keyboard, a phone."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from community.clock import now
from community.extensions import db, write_unit
from community.files.actions import create_folder, upload_file
from community.files.incoming import receive
from community.files.models import Folder
from community.files.queries import files_of, folder_for
from community.files.task_tables import FileTask
from community.files.tasks import SHOWN, end, went_on
from tests.browser.house import DESK, PHONE, People, Visitor

FILES = "/spaces/noorderlicht/files"
LOOKS = {
    "desk": DESK,
    "tablet-dark": {"viewport": {"width": 768, "height": 1024}, "color_scheme": "dark"},
    "phone-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"},
    "wide": {"viewport": {"width": 1800, "height": 1000}},
}
DROP = """([files, where]) => {
    const carried = new DataTransfer();
    for (const [name, size, type] of files) carried.items.add(new File([new Uint8Array(size).fill(name.length)], name, { type }));
    const target = document.querySelector(where);
    const carries = { dataTransfer: carried, bubbles: true, cancelable: true };
    for (const kind of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(kind, carries));
}"""
PASTE = """async () => {
    const screen = Object.assign(document.createElement("canvas"), { width: 60, height: 40 });
    screen.getContext("2d").fillRect(10, 10, 30, 20);
    const drawn = await new Promise((done) => screen.toBlob(done, "image/png"));
    const carried = new DataTransfer();
    carried.items.add(new File([drawn], "image.png", { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


def _folder(people: People, name: str, *files: tuple[str, bytes], inside: str = "") -> str:
    """A folder of the team with some files in it, and its address."""
    with people.site.meanwhile() as world:
        team, samir = world.space("noorderlicht"), world.actor("samir")
        made: Folder = create_folder(samir, team, name=name)
        if inside:
            create_folder(samir, team, name=inside, parent=made)
        for file, words in files:
            came = receive(people.site.app.config["STORAGE"], io.BytesIO(words), file, limit_bytes=10_000_000)
            upload_file(
                world.actor("samir"),
                world.space("noorderlicht"),
                name=came.name,
                stored=came.stored,
                media_type=came.media_type,
                folder=made,
            )
    return f"{FILES}/{name}"


def _drop(visitor: Visitor, *files: tuple[str, int, str], where: str = "main") -> None:
    expect(visitor.button("Upload")).to_be_visible()  # a link, until the module has come
    visitor.page.evaluate(DROP, [list(files), where])


def _shows(visitor: Visitor, names: list[str]) -> None:
    """The list holds these, in this order, and no others."""
    expect(visitor.page.locator("[data-listing] a.name")).to_have_text(names)


def test_twenty_interviews_arrive_over_a_line_that_breaks_and_a_page_that_is_closed(people: People) -> None:
    at = _folder(people, "Twenty interviews")
    samir = people.enter("samir")
    samir.expects("ERR_", "Failed to load resource")
    samir.go(at)
    line: dict[str, Any] = {"pieces": 0, "down": False}

    def over(route: Route) -> None:
        if route.request.method == "PATCH":
            line["pieces"] += 1
            line["down"] = line["down"] or line["pieces"] > 5
        if line["down"]:
            route.abort("connectionreset")
        else:
            route.continue_()

    samir.context.route(re.compile("/api/v1/uploads"), over)
    names = [f"Interview {number:02d}.txt" for number in range(1, 21)]
    _drop(samir, *((name, 30_000 + number, "text/plain") for number, name in enumerate(names)))
    card = samir.page.locator("#uploads")
    expect(card).to_contain_text("The line dropped at")
    expect(card).to_contain_text("Keeps going when you leave this page")
    samir.shoot("files-line-dropped")
    samir.page.close()
    line.update(down=False, pieces=-1000)
    samir.page = samir.tab()
    samir.page.set_default_timeout(30_000)
    samir.go("/journal")  # any page of the house goes on
    expect(samir.page.locator("#uploads.corner")).to_be_visible()
    samir.look("files-corner")
    samir.go(at)
    expect(samir.page.locator("[data-listing] a.name")).to_have_count(20, timeout=60_000)
    _shows(samir, names)
    expect(samir.page.locator("h1 + .meta")).to_have_text("20 files")
    with people.site.meanwhile() as world:
        from community.files.queries import file_for

        kept = file_for(world.actor("samir"), world.space("noorderlicht"), "Twenty interviews/Interview 20.txt")
        assert kept.size == 30_019
    samir.go("/journal")
    expect(samir.page.locator("#uploads")).to_have_count(0)


def test_a_pause_holds_and_stopping_forgets(people: People) -> None:
    at = _folder(people, "Held up")
    kwame = people.enter("kwame")
    kwame.go(at)
    slow = kwame.context.new_cdp_session(kwame.page)
    slow.send("Network.enable")
    line = {"offline": False, "latency": 5, "downloadThroughput": 10**7, "uploadThroughput": 4 * 10**5}
    slow.send("Network.emulateNetworkConditions", line)
    _drop(kwame, ("Walk along the intake floor.mp4", 3_000_000, "video/mp4"))
    card = kwame.page.locator("#uploads")
    expect(card).to_contain_text("of 3 MB")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("Paused at")
    card.get_by_role("button", name="Go on").click()
    expect(card).to_contain_text("of 3 MB")
    card.get_by_role("button", name="Stop").click()
    expect(card).to_be_hidden()
    slow.send(
        "Network.emulateNetworkConditions", {**line, "uploadThroughput": -1, "downloadThroughput": -1, "latency": 0}
    )
    kwame.go(at)
    expect(kwame.page.get_by_text("This folder is empty.")).to_be_visible()


def test_a_name_that_is_there_is_asked_about_once_for_all(people: People) -> None:
    old = [(f"Guide {number}.txt", b"old words") for number in (1, 2, 3)]
    at = _folder(people, "Guides", *old)
    samir = people.enter("samir")
    samir.expects("409")
    samir.go(at)
    _drop(samir, *((name, 5_000 + number, "text/plain") for number, (name, _words) in enumerate(old)))
    card = samir.page.locator("#uploads")
    first = card.locator("li").first
    expect(first).to_contain_text("“Guide 1.txt” is here already.")
    expect(card).to_contain_text("3 files need you")
    samir.look("files-asks")
    first.get_by_label("The same for the others").check()
    first.get_by_role("button", name="Keep both").click()
    expect(samir.link("Guide 3 (2).txt", samir.page.locator("[data-listing]"))).to_be_visible()
    expect(samir.page.locator("[data-listing] a.name")).to_have_count(6)
    _drop(samir, ("Guide 1.txt", 7_000, "text/plain"))
    card.get_by_role("button", name="Make it the next version").click()
    row = samir.page.locator("[data-listing] [data-ref]").filter(has=samir.link("Guide 1.txt"))
    expect(row).to_contain_text("version 2")


@pytest.mark.parametrize("how", ["Make it the next version", "Keep both"])
def test_somebody_elses_came_while_it_was_sent_and_nothing_is_sent_again(people: People, how: str) -> None:
    at = _folder(people, f"Meanwhile {how}", ("Guide (2).txt", b"another"))
    samir = people.enter("samir")
    samir.go(at)
    sent: list[str] = []

    def late(route: Route) -> None:
        sent.append(route.request.method)
        if sent.count("PATCH") == 1 and route.request.method == "PATCH":
            with people.site.meanwhile() as world:
                team, noor = world.space("noorderlicht"), world.actor("noor")
                came = receive(people.site.app.config["STORAGE"], io.BytesIO(b"hers"), "Guide.txt", limit_bytes=100)
                folder = folder_for(noor, team, f"Meanwhile {how}")
                upload_file(noor, team, name=came.name, stored=came.stored, media_type=came.media_type, folder=folder)
        route.continue_()

    samir.context.route(re.compile("/api/v1/uploads"), late)
    _drop(samir, ("Guide.txt", 5_000, "text/plain"))
    card = samir.page.locator("#uploads")
    expect(card).to_contain_text("Somebody else put “Guide.txt” here meanwhile.")
    samir.look(f"files-meanwhile-{how[:4].strip()}")
    samir.page.reload()  # it waits for a word as long as it takes
    card.get_by_role("button", name=how).click()
    listing = samir.page.locator("[data-listing]")
    if how == "Keep both":
        expect(samir.link("Guide (3).txt", listing)).to_be_visible()
    row = listing.locator("[data-ref]").filter(has=samir.page.get_by_role("link", name="Guide.txt", exact=True))
    expect(row).to_contain_text("4 bytes" if how == "Keep both" else "version 2")
    assert sent.count("PATCH") == 1
    with people.site.meanwhile() as world:
        team, reader = world.space("noorderlicht"), world.actor("samir")
        sizes = {
            one.name: one.size for one in files_of(reader, team, folder_for(reader, team, f"Meanwhile {how}")).items
        }
    mine = {"Guide (3).txt": 5_000, "Guide.txt": 4} if how == "Keep both" else {"Guide.txt": 5_000}
    assert sizes == {"Guide (2).txt": 7, **mine}


def test_what_is_refused_says_why_and_goes_with_another_name(people: People) -> None:
    at = _folder(people, "Refused")
    kwame = people.enter("kwame")
    kwame.expects("422")
    kwame.go(at)
    _drop(kwame, ("con.txt", 500, "text/plain"))
    card = kwame.page.locator("#uploads")
    expect(card.locator(".error")).to_be_visible()
    kwame.look("files-refused")
    card.get_by_label("Another name").fill("console.txt")
    card.get_by_role("button", name="Send with this name").click()
    expect(kwame.link("console.txt", kwame.page.locator("[data-listing]"))).to_be_visible()


def test_words_that_are_typed_stay_while_a_file_arrives(people: People) -> None:
    at = _folder(people, "Typing", ("Guide.txt", b"Ask them first."))
    samir = people.enter("samir")
    samir.go(f"{at}/Guide.txt?about")
    samir.page.wait_for_load_state("networkidle")
    samir.field("What is this?").fill("Our guide, for")
    samir.field("What is new?").fill("shorter")
    samir.page.locator("#send-one").set_input_files(
        {"name": "whatever.txt", "mimeType": "text/plain", "buffer": b"Ask them last."}
    )
    samir.button("Upload new version").click()
    expect(samir.page.locator("#uploads")).to_contain_text("Done, version 2")
    expect(samir.field("What is this?")).to_have_value("Our guide, for")


def test_last_weeks_version_comes_back(people: People) -> None:
    at = _folder(people, "Weeks", ("Plan.txt", b"First ask.\nThen count."))
    samir = people.enter("samir")
    samir.go(f"{at}/Plan.txt?about")
    samir.page.wait_for_load_state("networkidle")
    samir.field("What is new?").fill("no counting")
    samir.page.locator("#send-one").set_input_files(
        {"name": "Plan.txt", "mimeType": "text/plain", "buffer": b"First ask.\nThen wait."}
    )
    samir.button("Upload new version").click()
    versions = samir.page.locator("#versions")
    expect(versions).to_contain_text("no counting")
    samir.link("What changed in version 2", versions).click()
    expect(samir.page.locator(".difftext ins").first).to_contain_text("wait")
    samir.look("files-changes")
    samir.link("All versions").click()
    samir.button("Make version 1 the newest again", versions).click()
    expect(samir.page.locator(".toast")).to_contain_text("Version 1 is back, as version 3.")
    assert samir.page.request.get(f"{at}/Plan.txt").body() == b"First ask.\nThen count."


def test_what_is_deleted_comes_back_from_the_bin(people: People) -> None:
    at = _folder(people, "Thrown away", ("One.txt", b"1"), ("Two.txt", b"2"), ("Three.txt", b"3"))
    samir = people.enter("samir")
    samir.go(at)
    for name in ("One.txt", "Two.txt"):
        samir.page.get_by_label(f"Choose {name}").check()
    expect(samir.page.locator("[data-picked]")).to_have_text("2 chosen")
    samir.button("Delete", samir.page.locator(".pickbar")).click()
    samir.look("files-delete-two")
    samir.button("Delete").click()
    expect(samir.page.locator(".toast")).to_contain_text("2 things are in the bin, for 30 days.")
    expect(samir.page.locator("[data-listing] a.name")).to_have_count(1)
    samir.go("/spaces/noorderlicht/files-trash")
    samir.look("files-bin")
    samir.button("Bring “%(title)s” back", title="One.txt").click()
    expect(samir.page.get_by_role("heading", name="One.txt", level=1)).to_be_visible()
    samir.go(at)
    _shows(samir, ["One.txt", "Three.txt"])


def test_folders_are_made_dropped_and_moved_into(people: People, tmp_path: Path) -> None:
    at = _folder(people, "Order", ("Loose.txt", b"loose"))
    tree = tmp_path / "Branches"
    (tree / "Hoorn" / "May").mkdir(parents=True)
    (tree / "list.txt").write_text("Hoorn")
    (tree / "Hoorn" / "May" / "talk.txt").write_text("We wait.")
    samir = people.enter("samir")
    samir.go(at)
    samir.link("New folder").click()
    samir.field("Name").fill("Sorted")
    samir.field("What is in it?").fill("What we looked at twice.")
    samir.look("files-new-folder")
    samir.button("Make folder").click()
    expect(samir.page.get_by_role("heading", name="Sorted", level=1)).to_be_visible()
    expect(samir.page.get_by_text("What we looked at twice.")).to_be_visible()
    samir.go(at)
    samir.page.locator(".filesacts").get_by_role("button", name="More").click()
    with samir.page.expect_file_chooser() as chooser:
        samir.button("Upload a folder").click()
    chooser.value.set_files(tree)
    expect(samir.link("Branches", samir.page.locator("[data-listing]"))).to_be_visible()
    samir.page.get_by_role("button", name="More for Loose.txt").click()
    samir.page.get_by_role("link", name="Move").click()
    expect(samir.page.locator("dialog")).to_be_visible()
    samir.page.locator("dialog").get_by_label("Sorted").check()
    samir.look("files-move")
    samir.button("Move here").click()
    expect(samir.page.get_by_role("heading", name="Sorted", level=1)).to_be_visible()
    _shows(samir, ["Loose.txt"])
    samir.go(f"{at}/Loose.txt?about")  # the old address leads on
    expect(samir.page).to_have_url(f"{people.site.address}{at}/Sorted/Loose.txt?about")
    samir.go(f"{at}/Branches/Hoorn/May")
    expect(samir.link("talk.txt")).to_be_visible()
    _drop(samir, ("onto.txt", 900, "text/plain"))
    expect(samir.link("onto.txt", samir.page.locator("[data-listing]"))).to_be_visible()
    samir.go(f"{at}/Branches")
    _drop(samir, ("into Hoorn.txt", 900, "text/plain"), where="[data-ref^='folder:'] .name")
    expect(samir.page.locator("#uploads")).to_contain_text("1 file is there")
    samir.go(f"{at}/Branches/Hoorn")
    _shows(samir, ["May", "into Hoorn.txt"])


def test_a_picture_of_the_screen_is_pasted(people: People) -> None:
    at = _folder(people, "Screens")
    samir = people.enter("samir")
    samir.go(at)
    expect(samir.button("Upload")).to_be_visible()
    samir.page.evaluate(PASTE)
    expect(samir.page.locator("[data-listing] a.name")).to_have_text(
        re.compile(r"^Pasted \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$")
    )


def test_by_keyboard_alone(people: People) -> None:
    at = _folder(people, "Keys", *((f"{name}.txt", b"x" * 9) for name in ("a", "b", "c", "d")), inside="Deeper")
    samir = people.enter("samir")
    samir.go(at)
    expect(samir.button("Upload")).to_be_visible()
    keys = samir.page.keyboard
    samir.link("Deeper").focus()
    keys.press("ArrowDown")
    expect(samir.link("a.txt")).to_be_focused()
    expect(samir.page.locator("[data-beside]")).to_contain_text("a.txt")
    keys.press("Shift+ArrowDown")
    expect(samir.page.locator("[data-picked]")).to_have_text("2 chosen")
    keys.press("End")
    expect(samir.link("d.txt")).to_be_focused()
    keys.press("Control+a")
    expect(samir.page.locator("[data-picked]")).to_have_text("5 chosen")
    keys.press("Escape")
    expect(samir.page.locator(".pickbar")).to_be_hidden()
    samir.page.get_by_label("Choose a.txt").focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(samir.page.get_by_label("Choose c.txt")).to_be_focused()
    samir.page.get_by_label("Choose c.txt").click(modifiers=["Shift"])
    expect(samir.page.locator("[data-picked]")).to_have_text("3 chosen")
    samir.link("Name").focus()
    keys.press("Enter")
    expect(samir.page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    _shows(samir, ["Deeper", "d.txt", "c.txt", "b.txt", "a.txt"])


def test_a_list_is_sorted_narrowed_and_paged_and_the_grid_is_kept(people: People) -> None:
    many = [(f"{number:03d}.txt", b"x" * (300 - number)) for number in range(130)]
    at = _folder(people, "Many", *many, ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40))
    samir = people.enter("samir")
    samir.go(at)
    expect(samir.page.locator("h1 + .meta")).to_have_text("131 files")
    samir.look("files-many")
    samir.link("Size").click()
    expect(samir.page.locator("[data-listing] a.name").first).to_have_text("photo.png")
    samir.link("More files").click()
    _shows(samir, [f"{number:03d}.txt" for number in range(30, -1, -1)])
    samir.go(at)
    samir.link("Pictures").click()
    _shows(samir, ["photo.png"])
    samir.link("Slides").click()
    expect(samir.page.get_by_text("None of these here.")).to_be_visible()
    samir.link("Grid").click()
    samir.go(at)
    expect(samir.page.locator(".tiles > li")).to_have_count(100)
    samir.look("files-grid")
    samir.link("List").click()
    expect(samir.page.locator(".filetable")).to_be_visible()


@pytest.mark.parametrize("how", LOOKS)
def test_every_page_of_files_is_open_to_everybody(people: People, how: str) -> None:
    long = f"Service desk May, calendar and working hours compared, all branches and {'verylongword' * 6} {how}"
    at = _folder(people, long[:200], (f"{long}.csv", b"a,b\n1,2\n"), ("Guide.txt", b"words"), inside="Consent forms")
    noor = people.enter("noor", **LOOKS[how])
    noor.expects("404")
    noor.go(at)
    number = noor.page.locator("main").get_attribute("data-folder")
    picks = noor.page.locator("[name=pick]").evaluate_all("boxes => boxes.map(box => `pick=${box.value}`).join('&')")
    about = noor.page.locator("[data-listing] a.name").last.get_attribute("href")
    file = noor.page.locator("[data-ref^='file:']").last.get_attribute("data-ref")
    assert number and about and file
    for place, address in enumerate(
        (
            FILES,
            at,
            f"{at}?view=grid",
            f"{at}?view=list&sort=-changed",
            f"{at}/Consent forms",
            f"{at}/nobody made this",
            about,
            f"/files/{file.split(':')[1]}/rename",
            f"/files/{file.split(':')[1]}/versions/1/name",
            f"/folders/{number}/rename",
            f"/spaces/noorderlicht/files-folder?in={number}",
            *(f"/spaces/noorderlicht/files-picked?do={deed}&{picks}" for deed in ("move", "copy", "tag", "delete")),
            "/spaces/noorderlicht/files-trash",
        )
    ):
        noor.go(address)
        noor.look(f"files-{how}-{place}")
    noor.go(at)
    noor.page.locator("[name=pick]").first.check()
    expect(noor.page.locator("[data-picked]")).to_have_text(noor.say("1 chosen"))
    said = noor.page.locator("[data-picked]").bounding_box()
    assert said and said["height"] < 40, "on one line"
    noor.look(f"files-{how}-picked")


@pytest.mark.parametrize("how", LOOKS)
def test_an_archive_is_unpacked_before_ones_eyes(people: People, how: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("Interviews/one.txt", "Interviews/two.txt", "con.txt"):
            archive.writestr(name, name)
    at = _folder(people, f"Archives {how}", ("May.zip", packed.getvalue()))
    noor = people.enter("noor", **LOOKS[how])
    noor.go(at)
    number = noor.page.locator("[data-ref^='file:']").get_attribute("data-ref").split(":")[1]
    noor.go(f"{at}/May.zip?about")
    noor.page.locator("[popovertarget^=menu-file]").click()
    noor.link("Unpack").click()
    noor.button("Unpack", noor.page.get_by_role("dialog")).click()
    expect(
        noor.page.get_by_role("heading", name=noor.say("Unpacking “%(name)s”", name="May.zip"), level=1)
    ).to_be_visible()
    expect(noor.page.get_by_text("con.txt", exact=True)).to_be_visible()  # drawn anew when the job is done
    noor.look(f"files-{how}-task-done")
    noor.go(at)
    expect(noor.page.get_by_role("heading", name=noor.say("Done lately"))).to_be_visible()
    noor.look(f"files-{how}-tasks")
    noor.go(f"{at}/May/Interviews")
    _shows(noor, ["one.txt", "two.txt"])
    noor.go(f"/files/{number}")
    noor.look(f"files-{how}-about-archive")


def test_a_bar_grows_without_a_reload(people: People) -> None:
    kwame = people.enter("kwame")
    with people.site.meanwhile() as world:
        facts = {"asked": {}, "name": "Interviews", "total": 40, "done": 4, "expires_at": now() + SHOWN}
        with write_unit():
            me, team = world.actor("kwame").id, world.space("noorderlicht").id
            row = FileTask(person_id=me, space_id=team, kind="copy", state="running", report=[], **facts)
            db.session.add(row)
            db.session.flush()
            number = row.id
    kwame.go(f"/file-tasks/{number}")
    bar = kwame.page.get_by_role("progressbar", name="Copying “Interviews”")
    expect(bar).to_have_js_property("value", 4)
    kwame.look("files-task")
    with people.site.meanwhile():
        went_on(number, 30)
    expect(bar).to_have_js_property("value", 30)
    with people.site.meanwhile():
        went_on(number, 40)
        end(number, "done", [])
    expect(kwame.page.get_by_text("All of it is there.")).to_be_visible()
    expect(kwame.link("Look again")).to_have_count(0)


def test_the_same_without_scripts(people: People) -> None:
    at = _folder(people, "Plain", ("One.txt", b"1"), ("Two.txt", b"2"), inside="Inner")
    kwame = people.enter("kwame", java_script_enabled=False)
    kwame.go(at)
    kwame.page.get_by_label("Choose One.txt").check()
    kwame.button("Copy", kwame.page.locator(".pickbar")).click()
    kwame.page.get_by_label("Inner").check()
    kwame.button("Copy here").click()
    expect(kwame.page.get_by_role("heading", name="Inner", level=1)).to_be_visible()
    _shows(kwame, ["One.txt"])
    kwame.page.set_input_files("[name=files]", [{"name": "three.txt", "mimeType": "text/plain", "buffer": b"3"}])
    kwame.button("Upload").click()
    _shows(kwame, ["One.txt", "three.txt"])
