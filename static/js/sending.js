// What is on its way, as people see it: a card on the pages of files, a small one in the corner of any other page. queue.js sends.
//
//   <section id="uploads" data-words='{…}' hidden> with an h2, [data-total] and ul[data-items]     templates/files/_card.html

import { announce, fill, fragment, make } from "./app.js";
import { again, atRisk, items, pause, rename, settle, stop } from "./queue.js";

const MANY = 6; // more than this, and what is done leaves the list
const card = document.getElementById("uploads") ?? (await corner());
const head = card.querySelector("h2");
const total = card.querySelector("[data-total]");
const list = card.querySelector("[data-items]");
const lines = new Map(); // id -> its line
export const said = JSON.parse(card.dataset.words);

async function corner() {
  const made = document.importNode((await fragment("/files/sending")).getElementById("uploads"), true);
  made.classList.add("corner");
  document.body.append(made);
  return made;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  const like = document.querySelector("svg.i use")?.getAttribute("href") ?? "";
  use.setAttribute("href", `${like.split("#")[0]}#${name}`);
  drawn.setAttribute("class", "i s");
  drawn.setAttribute("aria-hidden", "true");
  drawn.append(use);
  return drawn;
}

const language = document.documentElement.lang || undefined;
/** A size as people say it, in the unit of `whole`. */
export function sizes(sent, whole) {
  const units = ["kB", "MB", "GB", "TB"];
  let at = 0;
  let step = 1000;
  while (whole >= step * 1000 && at < units.length - 1) { step *= 1000; at += 1; }
  const say = (size) => (size / step).toLocaleString(language, { maximumFractionDigits: whole / step < 10 ? 1 : 0 });
  return fill(said.far, { sent: say(sent), whole: `${say(whole)} ${units[at]}` });
}

const percent = (item) => (item.size ? Math.floor((100 * item.sent) / item.size) : 0);

function button(words, name, deed, more = "") {
  const made = make("button", { className: "linkish", type: "button" }, words, make("span", { className: "vh", textContent: `: ${name}` }));
  made.dataset.deed = deed;
  if (more) made.classList.add(more);
  return made;
}

/** What is said below a line, and what one can do about it. */
function state(item) {
  const facts = { percent: `${percent(item)} %`, name: item.name };
  const stops = ["stop", said.stop];
  switch (item.state) {
    case "sending": return { meta: sizes(item.sent, item.size), deeds: [["pause", said.pause], stops] };
    case "waiting": return { meta: said.waiting, deeds: [stops] };
    case "finishing": return { meta: said.finishing, deeds: [] };
    case "paused": return { meta: fill(said.paused, facts), deeds: [["again", said.go], stops] };
    case "offline": return { error: fill(said.offline, facts), deeds: [["again", said.again], stops] };
    case "lost": return { error: fill(item.sent ? said.lost : said.lost0, facts), deeds: [["choose", said.choose], stops] };
    case "asks": return { error: fill(item.whole ? said.meanwhile : said.asks, facts), deeds: [["next", said.next], ["both", said.both], stops], all: true };
    case "failed": {
      const words = item.fault?.status === 401 ? said.signin : item.fault?.status === 403 && !item.fault.detail ? said.right : item.fault?.detail || said.failed;
      const both = item.whole && item.fault?.status === 409 ? [["both", said.both]] : [];
      return { error: words, deeds: [...both, ["again", said.again], stops], rename: item.fault?.field === "name" };
    }
    default: return { meta: item.file?.version > 1 ? fill(said.version, { number: item.file.version }) : said.done, done: true, deeds: [] };
  }
}

function draw(item) {
  let line = lines.get(item.id);
  if (!line) {
    line = make("li", {});
    line.dataset.id = item.id;
    lines.set(item.id, line);
    list.append(line);
  }
  const shows = state(item);
  const kind = `${item.state}:${shows.error ?? ""}`;
  if (line.dataset.kind === kind) return far(item, line, shows);
  const focused = line.contains(document.activeElement);
  line.dataset.kind = kind;
  const name = make("span", { className: "clip", textContent: item.dir ? `${item.dir}/${item.name}` : item.name, title: item.name });
  const meta = make("span", { className: "meta nowrap", textContent: shows.meta ?? "" });
  meta.dataset.meta = "";
  if (shows.done) meta.prepend(icon("circle-check"), " ");
  const row = make("div", { className: "row one apart g2" }, name, meta);
  line.replaceChildren(row);
  if (!shows.error || item.sent) {
    const bar = make("progress", { max: Math.max(1, item.size), value: shows.done ? Math.max(1, item.size) : item.sent });
    if (shows.done) bar.classList.add("full");
    bar.setAttribute("aria-label", item.name);
    line.append(bar);
  }
  if (shows.error) line.append(make("p", { className: "error" }, icon("circle-alert"), make("span", { textContent: shows.error })));
  if (shows.rename) line.append(renaming(item));
  if (shows.deeds.length) {
    const deeds = make("div", { className: "row g2 deeds" });
    for (const [deed, words] of shows.deeds) deeds.append(button(words, item.name, deed));
    if (shows.all && [...items.values()].filter((one) => one.batch === item.batch && one.state !== "done").length > 1) {
      const box = make("input", { type: "checkbox" });
      deeds.append(make("label", { className: "tick" }, box, make("span", { textContent: said.all })));
    }
    (shows.error ? line : row).append(deeds);
  } else if (shows.done && item.file?.url) {
    line.querySelector(".clip").replaceWith(make("a", { className: "clip", href: item.file.url, textContent: item.name }));
  }
  if (focused) (line.querySelector("button, a") ?? head).focus();
  return undefined;
}

function far(item, line, shows) {
  const bar = line.querySelector("progress");
  if (bar && item.state !== "done") bar.value = item.sent;
  const meta = line.querySelector("[data-meta]");
  if (meta && item.state === "sending" && meta.textContent !== shows.meta) meta.textContent = shows.meta;
}

function renaming(item) {
  const field = make("input", { value: item.name, maxLength: 255 });
  field.setAttribute("aria-label", `${said.rename}: ${item.name}`);
  const form = make("form", { className: "row one g2 renaming" }, field, make("button", { className: "btn s", textContent: said.named }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) rename(item.id, field.value.trim());
  });
  return form;
}

let timer = 0;
function soon() {
  timer ||= requestAnimationFrame(() => { timer = 0; show(); });
  if (document.hidden) show();
}

let asked = 0; // how many needed somebody when it was said last
function show() {
  const all = [...items.values()].sort((one, other) => one.at - other.at);
  for (const [id, line] of lines) {
    if (items.has(id)) continue;
    line.remove();
    lines.delete(id);
  }
  const open = all.filter((item) => item.state !== "done");
  const needing = open.filter((item) => ["failed", "asks", "lost"].includes(item.state)).length;
  for (const item of all) {
    draw(item);
    lines.get(item.id).hidden = all.length > MANY && (item.state === "done" || (item.state === "waiting" && open.indexOf(item) >= MANY));
  }
  card.hidden = !all.length;
  const count = all.length;
  const done = count - open.length;
  head.textContent = open.length && needing === open.length ? fill(needing === 1 ? said.needs1 : said.needs, { count: needing }) : open.length ? fill(open.length === 1 ? said.one : said.many, { count: open.length }) : fill(done === 1 ? said.over1 : said.over, { count: done });
  const words = open.length > needing ? [atRisk() ? said.stays : said.keeps] : [];
  if (open.length && count > 1) words.unshift(fill(said.total, { done, count }));
  total.textContent = words.join(" · ");
  if (needing > asked) announce(fill(needing === 1 ? said.needs1 : said.needs, { count: needing }));
  asked = needing;
  if (count && !open.length && !card.dataset.over) {
    card.dataset.over = "yes";
    announce(fill(done === 1 ? said.over1 : said.over, { count: done }));
    const leave = () => { if (!card.dataset.over) return; if (card.matches(":hover, :focus-within")) return void setTimeout(leave, 3000); for (const item of all) if (item.state === "done") items.delete(item.id); show(); };
    setTimeout(leave, 8000);
  } else if (open.length) {
    delete card.dataset.over;
  }
}

/** Say once how many began. */
export const begun = (count) => announce(fill(count === 1 ? said.begun1 : said.begun, { count }));

card.addEventListener("click", (event) => {
  const pressed = event.target.closest("button[data-deed]");
  if (!pressed) return;
  const line = pressed.closest("li");
  const { id } = line.dataset;
  const all = line.querySelector(".deeds input")?.checked ?? false;
  const deed = pressed.dataset.deed;
  if (deed === "pause") pause(id);
  else if (deed === "again") again(id);
  else if (deed === "stop") { const next = line.nextElementSibling ?? line.previousElementSibling; stop(id); (next?.querySelector("button") ?? document.querySelector("[data-choose]"))?.focus(); }
  else if (deed === "choose") document.dispatchEvent(new CustomEvent("choose", { detail: items.get(id) }));
  else settle(id, deed, all);
});

document.addEventListener("queue", ({ detail }) => {
  if (detail) soon();
});

// A file that this browser could not keep for later: chosen again, it goes on.
document.addEventListener("choose", ({ detail }) => {
  const field = make("input", { type: "file" });
  field.addEventListener("change", async () => {
    const { add } = await import("./queue.js");
    add([...field.files].map((file) => ({ file })), { space: detail.space, way: detail.way });
  });
  field.click();
});

// Who leaves for good while a file is sent that only this page has is asked; a page of the house goes on with all the others.
addEventListener("beforeunload", (event) => { if (atRisk()) event.preventDefault(); });

show();
