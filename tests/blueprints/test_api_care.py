"""Looking after pages by a program: what the pages can do, with the same refusals."""

from __future__ import annotations

import pytest

from community.wiki.actions import create_page
from tests.blueprints.api_callers import program_of



def beside(what):
    return f"/spaces/noorderlicht/wiki-{what}/antwoord"


@pytest.fixture
def page(world):
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Antwoord", body="Eerste woorden.")


def test_a_program_reviews_asks_and_reads(app, world, page):
    samir, anna, ingrid, joost = (
        program_of(world, app.test_client, name) for name in ("samir", "anna", "ingrid", "joost")
    )
    assert samir.get(beside("care")).json["state"] == ""
    assert samir.post(beside("care"), {"step": "offer", "revision": 1}).json["state"] == "ready"
    assert samir.post(beside("care"), {"step": "approve", "revision": 1}).status_code == 403
    assert anna.post(beside("care"), {"step": "return", "revision": 1}).status_code == 422
    said = anna.post(beside("care"), {"step": "return", "revision": 1, "reason": "Voor wie?"}).json
    assert [(one["verdict"], one["reason"]) for one in said["reviews"]] == [("returned", "Voor wie?"), ("ready", "")]
    assert anna.post(beside("care"), {"step": "approve", "revision": 2}).status_code == 409
    assert anna.post(beside("care"), {"step": "approve", "revision": 1}).json["approved_revision"] == 1
    assert samir.post(beside("care"), {"step": "owner", "owner": "nobody"}).status_code == 422
    owned = samir.post(beside("care"), {"step": "owner", "owner": "samir.el-idrissi", "review_by": "2027-03-01"}).json
    assert (owned["owner"]["handle"], owned["review_by"]) == ("samir.el-idrissi", "2027-03-01")
    assert samir.post(beside("care"), {"step": "ask"}).json["reading"]["of"] == 7
    assert ingrid.put(beside("read"), {"revision": 9}).status_code == 422
    told = ingrid.put(beside("read"), {"revision": 1}).json["reading"]
    assert (told["count"], told["mine"], told["have"]) == (1, True, None)
    assert [one["handle"] for one in samir.get(beside("care")).json["reading"]["have"]] == ["ingrid.solheim"]
    assert samir.put(beside("favourite")).status_code == 204
    assert samir.get(beside("care")).json["favourite"] is True
    assert samir.delete(beside("favourite")).status_code == 204
    assert {joost.get(beside("care")).status_code, joost.put(beside("favourite")).status_code} == {404}
    assert joost.get(beside("readers")).status_code == 404
    rules = {one["why"]: one for one in ingrid.get(beside("readers")).json["items"]}
    assert [one["handle"] for one in rules["coach"]["people"]] == ["anna.de-wit-okonkwo"]
    assert set(rules) == {"author", "owner", "coach", "member", "guest"}
