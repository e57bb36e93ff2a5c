"""Noor has her browser tell her what is for her: asked for by a button, shown by the worker, a click opens the page.

Chromium has no push service here: the test stands in for it where the browser would ask for an endpoint, and hands messages to the
real worker as Chromium itself does (CDP `ServiceWorker.deliverPushMessage`).
"""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from community.push.browsers import browsers_of
from tests.browser.house import People, Visitor
from tests.processes.house import until
from tests.push_service import Device

ENDPOINT = "https://push.example.net/send/noor"


def stand_in(visitor: Visitor, device: Device) -> None:
    """What Chromium would get from its push service; it remembers what it was asked."""
    facts = json.dumps({"endpoint": ENDPOINT, "p256dh": device.p256dh, "auth": device.auth})
    visitor.context.add_init_script(
        f"""{{
        const facts = {facts};
        const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
        const made = (key) => ({{ endpoint: facts.endpoint, options: {{ applicationServerKey: key }},
            getKey: (name) => bytes(facts[name]),
            unsubscribe: async () => {{ localStorage.removeItem("pushed"); return true; }} }});
        const text = (key) => btoa(String.fromCharCode(...new Uint8Array(key)));
        PushManager.prototype.getSubscription = async () => {{
            const kept = localStorage.getItem("pushed");
            return kept ? made(Uint8Array.from(atob(kept), (c) => c.charCodeAt(0)).buffer) : null;
        }};
        PushManager.prototype.subscribe = async (options) => {{
            if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error("asked wrongly");
            localStorage.setItem("pushed", text(options.applicationServerKey));
            return made(options.applicationServerKey.buffer);
        }};
        }}"""
    )


def deliver(page: Page, words: dict[str, Any]) -> None:
    """Hand the worker a message, as the browser does when its push service has one."""
    tools, origin = page.context.new_cdp_session(page), page.evaluate("location.origin")
    running: list[str] = []
    tools.on(
        "ServiceWorker.workerVersionUpdated",
        lambda event: running.extend(
            each["registrationId"] for each in event["versions"] if each["status"] == "activated"
        ),
    )
    tools.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and running, 30)  # asking lets events come in
    message = {"origin": origin, "registrationId": running[-1], "data": json.dumps(words)}
    tools.send("ServiceWorker.deliverPushMessage", message)
    tools.detach()


SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/")).getNotifications())
    .map((one) => ({ title: one.title, body: one.body, tag: one.tag, url: one.data.url }))"""


def test_noor_lets_this_browser_tell_her(people: People) -> None:
    noor, device = people.enter("noor"), Device()
    noor.context.grant_permissions(["notifications"], origin=people.site.address)
    stand_in(noor, device)
    noor.go("/")
    assert noor.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0, (
        "nothing by itself"
    )
    noor.go("/settings/push")
    noor.look("push-off")
    noor.button("Tell me in this browser").click()
    here = noor.page.locator("[data-browser]").get_by_text(noor.say("This browser"), exact=True)
    expect(here).to_be_visible()
    expect(noor.button("Tell me in this browser")).to_be_hidden()
    noor.look("push-on")
    with people.site.meanwhile() as world:
        (browser,) = browsers_of(world.actor("noor"))
        assert (browser.endpoint, browser.p256dh, browser.auth) == (ENDPOINT, device.p256dh, device.auth)

    said = {"title": "Samir noemt je", "body": "Wat vind jij?", "url": "/people", "tag": "post:1"}
    deliver(noor.page, said)
    until(lambda: noor.page.evaluate(SHOWN) == [said], 30)
    deliver(noor.page, {**said, "title": "Samir antwoordt je"})
    until(lambda: [one["title"] for one in noor.page.evaluate(SHOWN)] == ["Samir antwoordt je"], 30)

    # A click, as the worker gets it: Chromium lets a test show a notification, but has no pointer to click it with.
    worker = noor.context.service_workers[0]
    opened = worker.evaluate(
        """async () => {
            const [shown] = await self.registration.getNotifications();
            const asked = [];
            const real = self.clients.openWindow;
            Object.defineProperty(self.clients, "openWindow", { value: async (url) => { asked.push(url); }, configurable: true });
            const waits = [];
            const event = new NotificationEvent("notificationclick", { notification: shown });
            event.waitUntil = (work) => waits.push(work);
            self.dispatchEvent(event);
            await Promise.all(waits);
            return { asked, left: (await self.registration.getNotifications()).length };
        }"""
    )
    assert opened == {"asked": [people.site.address + "/people"], "left": 0}

    noor.page.locator("[data-browser]").get_by_role("button").click()
    expect(noor.button("Tell me in this browser")).to_be_visible()
    with people.site.meanwhile() as world:
        assert browsers_of(world.actor("noor")) == []


def test_a_browser_that_said_no_is_not_asked_again(people: People) -> None:
    samir = people.enter("samir")
    samir.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    samir.go("/settings/push")
    expect(samir.page.get_by_text("This browser does not let us.")).to_be_visible()
    expect(samir.button("Tell me in this browser")).to_be_hidden()
    samir.look("push-denied")
