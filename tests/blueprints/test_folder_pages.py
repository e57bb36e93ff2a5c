"""Folders, versions, the bin and what is done to several things at once, in a browser without scripts."""

from __future__ import annotations

import io
import re
import zipfile

from tests.conftest import count_queries, token_of

FILES = "/spaces/noorderlicht/files"
PICKED = "/spaces/noorderlicht/files-picked"
TRASH = "/spaces/noorderlicht/files-trash"


def _post(browser, to: str, page: str = FILES, /, **form: object):
    return browser.post(to, data={"csrf_token": token_of(browser.get(page).text), **form})


def _send(browser, name: str, words: bytes, folder: str = ""):
    data = {"csrf_token": token_of(browser.get(FILES).text), "files": (io.BytesIO(words), name), "folder": folder}
    answer = browser.post(FILES, data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    return answer


def _folder(browser, name: str, inside: str = "", **more: str) -> str:
    """Make a folder; gives its number."""
    answer = _post(
        browser, "/spaces/noorderlicht/files-folder", name=name, **({"in": inside} if inside else {}), **more
    )
    assert answer.status_code == 303
    found = re.search(r'data-folder="(\d+)"', browser.get(answer.location).text)
    assert found is not None
    return found[1]


def _refs(browser, at: str = FILES) -> dict[str, str]:
    """What a list shows: the name of each thing, and how it is picked."""
    html = browser.get(at).text
    rows = re.findall(r'<tr data-ref="([^"]+)".*?<a class="name"[^>]*>([^<]+)</a>', html, re.S)
    return {name: ref for ref, name in rows}


def test_a_folder_is_made_described_and_renamed(as_person) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    number = _folder(kwame, "Evidence", description="What we heard.")
    html = samir.get(f"{FILES}/Evidence").text
    assert "What we heard." in html
    assert "This folder is empty." in html
    again = _post(kwame, "/spaces/noorderlicht/files-folder", name="evidence", description="kept words")
    assert again.status_code == 422
    assert "kept words" in again.text
    _send(kwame, "guide.txt", b"one", number)
    changed = _post(samir, f"/folders/{number}/rename", name="Proof", description="What we saw.")
    assert changed.location == f"{FILES}/Proof"
    assert "What we saw." in samir.get(changed.location).text
    assert samir.get(f"{FILES}/Evidence/guide.txt").location == f"{FILES}/Proof/guide.txt"
    assert samir.get(f"{FILES}/Evidence?sort=size").location == f"{FILES}/Proof?sort=size"
    assert _post(samir, f"/folders/{number}/rename", name="a/b").status_code == 422


def test_no_folder_of_that_name_says_so_below_the_nearest(as_person) -> None:
    kwame = as_person("kwame")
    _folder(kwame, "Evidence")
    answer = kwame.get(f"{FILES}/Evidence/Interviews")
    assert answer.status_code == 404
    assert "No folder of that name any more" in answer.text
    assert f'href="{FILES}/Evidence"' in answer.text
    assert "No folder of that name" not in as_person("joost").get(f"{FILES}/Evidence/Interviews").text


def test_a_list_is_sorted_narrowed_and_paged(as_person) -> None:
    kwame = as_person("kwame")
    for number, name in enumerate(("b.txt", "a.csv", "c.txt")):
        _send(kwame, name, b"x" * (number + 1))
    assert list(_refs(kwame)) == ["a.csv", "b.txt", "c.txt"]
    assert list(_refs(kwame, f"{FILES}?sort=-name")) == ["c.txt", "b.txt", "a.csv"]
    assert list(_refs(kwame, f"{FILES}?sort=size")) == ["b.txt", "a.csv", "c.txt"]
    assert list(_refs(kwame, f"{FILES}?sort=-changed")) == ["c.txt", "a.csv", "b.txt"]
    assert list(_refs(kwame, f"{FILES}?kind=sheets")) == ["a.csv"]
    assert 'aria-sort="descending"' in kwame.get(f"{FILES}?sort=-size").text
    for nonsense in ("~", "x~y", "2020-01-01T00:00:00~1", "99999999999999999999~1"):
        for sort in ("name", "changed", "size"):
            assert kwame.get(f"{FILES}?sort={sort}&after={nonsense}").status_code == 200


def test_the_view_is_kept_in_this_browser(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, "one.txt", b"1")
    assert "filetable" in kwame.get(FILES).text
    assert "as-grid" in kwame.get(f"{FILES}?view=grid").text
    assert "as-grid" in kwame.get(FILES).text
    kwame.get(f"{FILES}?view=list")
    assert "filetable" in kwame.get(FILES).text


def test_several_things_move_copy_get_tags_and_go(as_person) -> None:
    kwame = as_person("kwame")
    into, other = _folder(kwame, "Into"), _folder(kwame, "Other")
    for name in ("one.txt", "two.txt"):
        _send(kwame, name, name.encode())
    refs = _refs(kwame)
    both = [refs["one.txt"], refs["two.txt"]]
    asked = kwame.get(PICKED, query_string={"do": "move", "pick": [*both, "file:999", "nothing"]}).text
    assert "Move 2 things" in asked
    assert asked.count('name="pick"') == 2
    packed = kwame.get(PICKED, query_string={"do": "zip", "pick": both})
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "one.txt": b"one.txt",
            "two.txt": b"two.txt",
        }
    assert packed.headers["Content-Disposition"].startswith("attachment")
    copied = _post(kwame, PICKED, do="copy", pick=both, **{"in": into})
    assert copied.location == f"{FILES}/Into"
    assert list(_refs(kwame, f"{FILES}/Into")) == ["one.txt", "two.txt"]
    refused = _post(kwame, PICKED, do="move", pick=both, **{"in": into})
    assert refused.status_code == 422
    assert "is there already" in refused.text
    moved = _post(kwame, PICKED, do="move", pick=[*both, refs["Other"]], both="1", **{"in": into})
    assert moved.status_code == 303
    assert set(_refs(kwame, f"{FILES}/Into")) == {"Other", "one.txt", "one (2).txt", "two.txt", "two (2).txt"}
    cycle = _post(kwame, PICKED, do="move", pick=f"folder:{into}", **{"in": other})
    assert cycle.status_code == 422
    assert "cannot lie in itself" in cycle.text
    tagged = _post(kwame, PICKED, do="tag", pick=both, tags="interview, may")
    assert tagged.status_code == 303
    gone = _post(kwame, PICKED, do="delete", pick=f"folder:{into}")
    assert gone.location == FILES
    assert _refs(kwame) == {}
    assert kwame.get(PICKED, query_string={"do": "delete"}).location == FILES
    assert kwame.get(PICKED, query_string={"do": "burn", "pick": "file:1"}).status_code == 400


def test_nobody_does_to_many_what_they_may_not_do_to_one(as_person) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    _send(kwame, "his.txt", b"1")
    ref = _refs(samir)["his.txt"]
    answer = _post(samir, PICKED, do="delete", pick=ref)
    assert answer.status_code == 422
    assert samir.get(f"{FILES}/his.txt").data == b"1"
    assert as_person("joost").get(PICKED, query_string={"do": "move", "pick": ref}).status_code == 404


def test_what_was_deleted_comes_back_and_can_go_for_good(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, "one.txt", b"1")
    _send(kwame, "two.txt", b"2")
    _post(kwame, PICKED, do="delete", pick=list(_refs(kwame).values()))
    html = kwame.get(TRASH).text
    assert "one.txt" in html
    numbers = dict(re.findall(rf'{TRASH}/(\d+)/restore".*?“([^”]+)”', html))
    number = {name: at for at, name in numbers.items()}
    back = _post(kwame, f"{TRASH}/{number['one.txt']}/restore", TRASH)
    assert back.location == f"{FILES}/one.txt?about"
    assert kwame.get(f"{FILES}/one.txt").data == b"1"
    assert "for good?" in kwame.get(f"{TRASH}/{number['two.txt']}/delete").text
    assert _post(kwame, f"{TRASH}/{number['two.txt']}/delete", TRASH).location == TRASH
    assert "The bin is empty." in kwame.get(TRASH).text
    assert _post(kwame, f"{TRASH}/{number['two.txt']}/restore", TRASH).status_code == 404
    _post(kwame, PICKED, do="delete", pick=list(_refs(kwame).values()))
    assert "Empty the bin?" in kwame.get(f"{TRASH}/delete").text
    assert _post(kwame, f"{TRASH}/delete", TRASH).status_code == 303
    assert "The bin is empty." in kwame.get(TRASH).text
    assert as_person("joost").get(TRASH).status_code == 404


def test_versions_are_listed_compared_fetched_and_restored(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, "guide.txt", b"Ask.\nCount.")
    _send(kwame, "guide.txt", b"Ask.\nWait.")
    about = f"{FILES}/guide.txt?about"
    html = kwame.get(about).text
    found = re.search(r'(/files/\d+)/versions/1/restore"', html)
    assert found is not None
    url = found[1]
    assert kwame.get(f"{url}/versions/1").data == b"Ask.\nCount."
    assert kwame.get(f"{url}/versions/1").headers["X-Content-Type-Options"] == "nosniff"
    changes = kwame.get(f"{url}/versions/2/changes").text
    assert "<ins>Wait" in changes or "<ins>" in changes
    back = _post(kwame, f"{url}/versions/1/restore", about)
    assert back.location == about
    assert kwame.get(f"{FILES}/guide.txt").data == b"Ask.\nCount."
    assert "Version 1 is back, as version 3." in kwame.get(about).text
    _post(kwame, f"{url}/versions/3/restore", about)
    assert "This is what stands already." in kwame.get(about).text
    for address in ("versions/9", "versions/99999999999", "versions/1/changes", "versions/9/changes"):
        assert kwame.get(f"{url}/{address}").status_code == 404
    assert as_person("joost").get(f"{url}/versions/1").status_code == 404


def test_a_version_gets_a_name_or_goes_for_good(as_person) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    for words in (b"one", b"two", b"three"):
        _send(kwame, "guide.txt", words)
    about = f"{FILES}/guide.txt?about"
    found = re.search(r'(/files/\d+)/versions/1/name"', kwame.get(about).text)
    assert found is not None
    url = found[1]
    assert "A version with a name is kept" in kwame.get(f"{url}/versions/1/name").text
    wrong = _post(kwame, f"{url}/versions/1/name", about, name="x" * 81, note="kept words")
    assert wrong.status_code == 422
    assert "kept words" in wrong.text and "up to 80 characters" in wrong.text
    assert _post(kwame, f"{url}/versions/1/name", about, name="As printed", note="For the board").status_code == 303
    html = samir.get(about).text
    assert "As printed" in html and "For the board" in html
    assert f"{url}/versions/3/delete" not in kwame.get(about).text, "the one that stands goes with its file alone"
    assert samir.get(f"{url}/versions/2/delete").status_code == 403
    assert _post(samir, f"{url}/versions/2/delete", about).status_code == 403
    assert "Delete version 2 for good?" in kwame.get(f"{url}/versions/2/delete").text
    assert _post(kwame, f"{url}/versions/2/delete", about).location == f"{about}#versions"
    assert kwame.get(f"{url}/versions/2").status_code == 404
    assert kwame.get(f"{url}/versions/1").data == b"one"
    assert "This version stands" in kwame.get(_post(kwame, f"{url}/versions/3/delete", about).location).text
    for deed in ("name", "delete"):
        assert kwame.get(f"{url}/versions/9/{deed}").status_code == 404
        assert as_person("joost").get(f"{url}/versions/1/{deed}").status_code == 404


def test_a_tree_of_folders_is_made_as_far_as_it_is_missing(as_person) -> None:
    kwame = as_person("kwame")
    _folder(kwame, "Evidence")
    made = _post(kwame, "/spaces/noorderlicht/files-way", way="evidence/May/Hoorn").json
    assert made["way"] == "Evidence/May/Hoorn"
    assert _post(kwame, "/spaces/noorderlicht/files-way", way="Evidence/May/Hoorn").json == made
    answer = _post(kwame, "/spaces/noorderlicht/files-way", way="Evidence/con")
    assert answer.status_code == 422
    assert answer.json["detail"].startswith("con: ")
    assert as_person("ingrid").get(f"{FILES}/Evidence").status_code == 200
    assert _post(as_person("ingrid"), "/spaces/noorderlicht/files-way", way="Mine").status_code == 403


def test_the_list_of_folders_costs_the_same_with_two_or_thirty(as_person) -> None:
    kwame = as_person("kwame")

    def cost() -> int:
        kwame.get(FILES)
        with count_queries() as counted:
            assert kwame.get(FILES).status_code == 200
        return len(counted)

    for number in range(2):
        _folder(kwame, f"Folder {number}")
    few = cost()
    for number in range(2, 30):
        _folder(kwame, f"Folder {number}")
    assert cost() <= few


def _zip(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, words in files.items():
            archive.writestr(name.replace("_", "."), words)
    return held.getvalue()


def test_an_archive_among_the_files_is_unpacked_beside_it(as_person, draw) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    number = _folder(kwame, "Evidence")
    _send(kwame, "May.zip", _zip(guide_txt=b"one", con_txt=b"two"), number)
    _send(kwame, "May.txt", b"no archive", number)
    ref = _refs(kwame, f"{FILES}/Evidence")["May.zip"].partition(":")[2]
    assert f'href="/files/{ref}/unpack"' in kwame.get(f"{FILES}/Evidence").text
    assert f'href="/files/{ref}/unpack"' in kwame.get(f"{FILES}/Evidence/May.zip?about").text
    assert "Unpack “May.zip”?" in kwame.get(f"/files/{ref}/unpack").text
    plain = _refs(kwame, f"{FILES}/Evidence")["May.txt"].partition(":")[2]
    assert kwame.get(f"/files/{plain}/unpack").status_code == 403
    begun = _post(kwame, f"/files/{ref}/unpack")
    page = kwame.get(begun.location).text
    assert "Waits its turn" in page and 'max="2" value="0"' in page
    assert begun.location in kwame.get(FILES).text, "the pages of the files lead to what is under way"
    draw()
    page = kwame.get(begun.location).text
    assert "Done: 2 files" in page and "1 was left out" in page and "con.txt" in page
    assert f'href="{FILES}/Evidence/May"' in page
    assert samir.get(f"{FILES}/Evidence/May/guide.txt").data == b"one"
    assert zipfile.is_zipfile(io.BytesIO(samir.get(f"{FILES}/Evidence/May.zip").data)), "the archive stays"
    assert samir.get(begun.location).status_code == 404
    again = _post(kwame, f"/files/{ref}/unpack")
    draw()
    assert "May (2)" in kwame.get(again.location).text


def test_what_cannot_be_unpacked_says_why(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, "May.zip", _zip(**{"../x_txt": b"1"}))
    ref = _refs(kwame)["May.zip"].partition(":")[2]
    back = _post(kwame, f"/files/{ref}/unpack")
    assert "leads out" in kwame.get(back.location).text
    assert list(_refs(kwame)) == ["May.zip"], "no empty folder is left"


def test_an_archive_for_few_is_unpacked_for_the_same_few(as_person, draw) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    data = {"csrf_token": token_of(kwame.get(FILES).text), "audience": "coach"}
    data["files"] = (io.BytesIO(_zip(held_txt=b"one")), "May.zip")
    kwame.post(FILES, data=data, content_type="multipart/form-data")
    _post(kwame, f"/files/{_refs(kwame)['May.zip'].partition(':')[2]}/unpack")
    draw()
    assert kwame.get(f"{FILES}/May/held.txt").data == b"one"
    assert samir.get(f"{FILES}/May/held.txt").status_code == 404


def test_a_large_copy_shows_how_far_it_is(as_person, draw, monkeypatch) -> None:
    monkeypatch.setattr("blueprints.files.picking.AT_ONCE", 1)
    kwame = as_person("kwame")
    number = _folder(kwame, "Evidence")
    _send(kwame, "guide.txt", b"one", number)
    begun = _post(kwame, PICKED, do="copy", pick=f"folder:{number}", to="noorderlicht", both="yes", **{"in": "0"})
    assert "Copying “Evidence (2)”" in kwame.get(begun.location).text
    draw()
    assert "All of it is there." in kwame.get(begun.location).text
    assert kwame.get(f"{FILES}/Evidence (2)/guide.txt").data == b"one"


def test_all_of_a_space_comes_as_one_archive(as_person) -> None:
    kwame = as_person("kwame")
    empty = kwame.get(PICKED, query_string={"do": "zip", "all": "1"})
    assert (empty.status_code, empty.location) == (303, FILES)
    assert "Download all as ZIP" not in kwame.get(FILES).text
    number = _folder(kwame, "Evidence")
    _send(kwame, "guide.txt", b"one", number)
    assert "Download all as ZIP" in kwame.get(FILES).text
    with zipfile.ZipFile(io.BytesIO(kwame.get(PICKED, query_string={"do": "zip", "all": "1"}).data)) as archive:
        assert archive.namelist() == ["Evidence/", "Evidence/guide.txt"]
