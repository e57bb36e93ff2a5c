"""What pages can hold besides prose, in a browser: diagrams, formulas, callouts, links to sections; taking out, bringing in."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from community.wiki.actions import create_page
from tests.browser.house import DESK, PHONE, People

WIKI = "/spaces/noorderlicht/wiki"
WORDS = """## How it flows

> [!WARNING] Mind the queue
> Nine hand-overs, see $a^2 + b^2$.

$$
\\sum_{i=1}^{n} x_i
$$

```mermaid
graph LR
  A[Customer asks] --> B{First line?}
  B -->|yes| C[Answer]
```

```mermaid
graph LR
  A["<img src=x onerror=alert(1)>"] --> B["<script>alert(1)</script>"]
```

```mermaid
no diagram at all
```

### Then

```python
def wait(days: int) -> str:
    return "days"  # why
```
"""
LOOKS = {"wide": DESK, "narrow-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}}


@pytest.mark.parametrize("looks", LOOKS)
def test_a_page_with_everything_is_drawn_and_reads_the_same(people: People, looks: str) -> None:
    with people.site.meanwhile() as world:
        team = world.space("noorderlicht")
        create_page(world.actor("noor"), team, title="Words", body=WORDS, path=f"words-{looks}", tags=["status=ready"])
    samir = people.enter("samir", **LOOKS[looks])
    samir.expects("img-src")  # the picture in the words of a diagram is not asked for
    samir.expects(
        "inline event handler", "script-src-attr"
    )  # and what should run as it fails is refused, where it was so quick
    alerts: list[str] = []
    samir.page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    samir.go(f"{WIKI}/words-{looks}")
    prose = samir.page.locator(".prose.long")
    frames = samir.page.locator("iframe.diagram")
    frames.first.scroll_into_view_if_needed()
    expect(samir.page.locator("iframe.diagram[data-drawn]").first).to_be_attached(timeout=20_000)
    drawn = samir.page.frame_locator("iframe.diagram").first
    expect(drawn.locator("svg")).to_contain_text("Customer asks")
    assert frames.first.bounding_box()["height"] > 60  # type: ignore[index]
    samir.page.get_by_text("no diagram at all").scroll_into_view_if_needed()
    expect(frames).to_have_count(2, timeout=20_000)  # what is no diagram stays the words that it is
    expect(samir.page.get_by_text("no diagram at all")).to_be_visible()
    button = samir.page.get_by_role("button", name="The words of the diagram").first
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(samir.page.locator("pre").first).to_be_visible()
    button.click()
    expect(prose.locator("math")).to_have_count(2)
    expect(prose.locator(".hl-k").first).to_be_visible()
    expect(samir.page.get_by_role("link", name="status=ready")).to_be_visible()
    # Nothing that scripts add is part of the text: comments count from its beginning.
    kept = samir.page.evaluate(
        "async () => new DOMParser().parseFromString(globalThis.trustedTypes ? trustedTypes.createPolicy('worker', "
        "{createHTML: (h) => h}).createHTML(await (await fetch(location.href)).text()) : '', 'text/html')"
        ".querySelector('.prose.long').textContent"
    )
    assert prose.evaluate("(element) => element.textContent") == kept
    samir.look(f"words-{looks}")
    assert alerts == []


def test_a_heading_gives_its_address(people: People) -> None:
    with people.site.meanwhile() as world:
        create_page(world.actor("noor"), world.space("noorderlicht"), title="Places", body=WORDS, path="places")
    samir = people.enter("samir")
    samir.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    samir.go(f"{WIKI}/places")
    link = samir.page.get_by_role("link", name="Link to this section: Then")
    link.focus()
    expect(link).to_be_visible()
    samir.page.keyboard.press("Enter")
    expect(samir.page.locator(".toast")).to_contain_text("Link copied.")
    assert samir.page.evaluate("navigator.clipboard.readText()").endswith(f"{WIKI}/places#h-then")


def test_pages_go_out_and_come_in_by_hand(people: People, tmp_path: Path) -> None:
    with people.site.meanwhile() as world:
        for path in ("guide", "guide/first", "guide/second"):
            create_page(world.actor("noor"), world.space("noorderlicht"), title=f"Of {path}", body="Words", path=path)
    samir = people.enter("samir")
    samir.go("/spaces/noorderlicht/wiki-export?path=guide")
    samir.look("export")
    samir.page.get_by_label("Markdown").check()
    with samir.page.expect_download() as coming:
        samir.button("Export").click()
    assert coming.value.suggested_filename == "Of guide.zip"
    archive = tmp_path / "guide.zip"
    coming.value.save_as(archive)
    samir.go("/spaces/noorderlicht/wiki-import")
    samir.page.set_input_files("[name=files]", [str(archive)])
    samir.field("Below which address?").fill("copy")
    samir.look("import")
    samir.button("Look at it").click()
    expect(samir.page.get_by_text("copy/guide/second")).to_be_visible()
    samir.look("import-plan")
    samir.page.get_by_role("button", name="Bring 3 pages in").click()
    expect(samir.page.get_by_role("heading", name="3 pages came in")).to_be_visible(timeout=30_000)
    samir.look("import-done")
    samir.page.locator("main").get_by_role("link", name="Of guide/second").last.click()
    expect(samir.page).to_have_url(f"{people.site.address}{WIKI}/copy/guide/second")
