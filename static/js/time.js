// Keeps "16 minutes ago" true while a page stays open, and puts the exact moment in the tooltip.
// The server has said it already, in the same words (blueprints/language.py); what is older than today stays as it is.

const { lang } = document.documentElement;
const timeZone = document.documentElement.dataset.zone || undefined;
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "always" });
const exact = new Intl.DateTimeFormat(lang, { timeZone, weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-CA", { timeZone });

function refresh() {
  const now = new Date();
  for (const node of document.querySelectorAll("time[data-said]")) {
    const then = new Date(node.dateTime);
    if (!node.title) node.title = exact.format(then);
    const minutes = Math.floor((now - then) / 60_000);
    if (minutes < 1 || date.format(now) !== date.format(then)) continue;
    const words = minutes < 60 ? relative.format(-minutes, "minute") : relative.format(-Math.floor(minutes / 60), "hour");
    if (node.textContent !== words) node.textContent = words;
  }
}

// The time of day where somebody else is.
function clocks() {
  for (const node of document.querySelectorAll("time[data-clock]")) node.textContent = new Date().toLocaleTimeString("en-GB", { timeZone: node.dataset.clock, hour: "2-digit", minute: "2-digit" });
}

refresh();
setInterval(() => document.hidden || clocks(), 30_000);
setInterval(() => document.hidden || refresh(), 30_000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
document.addEventListener("parts", refresh); // live.js put new parts in the page
