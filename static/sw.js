// The worker behind push: it shows what arrives and opens the page when somebody chooses it. It keeps no page and answers no request:
// what is personal is never stored here.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** A page of this site, or home for anything else. */
function ours(path) {
  const url = new URL(path || "/", self.location.origin);
  return url.origin === self.location.origin ? url.href : `${self.location.origin}/`;
}

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch { /* what we cannot read is still an arrival: the browser wants to see something */ }
  const { title = "Cohortium", body = "", url = "/", tag } = said;
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: "/icon-192.png", badge: "/icon-192.png", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = ours(event.notification.data?.url);
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((page) => page.url === target);
    if (there) return there.focus();
    return self.clients.openWindow(target);
  })());
});
