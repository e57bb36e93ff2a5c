// The files of a space: choosing, dropping, pasting what comes in; choosing among what is there; what stands beside the list.
// Without it the form sends files, the boxes and the buttons below them do the rest, and each name leads to its page.
//
//   main[data-files="slug"][data-way][data-takes]     where things come in: the way of its folder from the top, and its name
//   [data-choose="files|folder|camera"]     opens the browser's own dialog
//   [data-listing]     the list: rows with data-ref, data-url and data-aside, boxes named "pick"
//   [data-beside]      what is shown of the row that was chosen last

import { fill, fragment, make } from "./app.js";
import { add, items } from "./queue.js";
import { begun, said } from "./sending.js";

const main = document.querySelector("main[data-files]");
const form = document.querySelector("form[data-sends]");
const field = form?.querySelector("input[type=file]");
const wide = matchMedia("(min-width: 60rem)");
const JUNK = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/i;

// ---- coming in

const alone = form?.dataset.file; // on the page of a file: what comes is its next version
const takes = Boolean(alone ?? main.dataset.takes);
const here = () => ({
  space: main.dataset.files,
  way: main.dataset.way ?? "",
  audience: form?.querySelector("[name=audience]")?.value ?? "",
});

function take(chosen, where = {}) {
  const wanted = chosen.filter(({ file }) => !JUNK.test(file.name));
  if (!wanted.length) return;
  begun(wanted.length);
  add(wanted, { ...here(), ...where });
}

const plain = (list) => [...list].map((file) => ({ file, dir: file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(0, -1).join("/") : "" }));

const two = (number) => String(number).padStart(2, "0");
/** `Pasted 2026-06-09 at 14.03.11.png`: a picture from the clipboard or the camera has no name of its own. */
function dated(words, file) {
  const now = new Date();
  const when = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  const end = /\.[a-z0-9]{1,5}$/i.exec(file.name)?.[0] ?? `.${(file.type.split("/")[1] ?? "bin").replace("jpeg", "jpg")}`;
  return `${fill(words, { when })}${end}`;
}
const unnamed = (file) => /^(image|blob|photo|picture)?\.?[a-z]*$/i.test(file.name);

function chooser(kind) {
  if (kind === "files" && field) return field;
  const made = make("input", { type: "file", multiple: kind !== "camera" });
  if (kind === "folder") made.webkitdirectory = true;
  if (kind === "camera") { made.accept = "image/*"; made.setAttribute("capture", "environment"); }
  made.addEventListener("change", () => take(plain(made.files).map((one) => (kind === "camera" ? { ...one, name: dated(said.photo, one.file) } : one))));
  return made;
}

for (const button of takes && !alone ? document.querySelectorAll("[data-choose]") : []) {
  button.hidden = button.dataset.choose === "camera" && !matchMedia("(pointer: coarse)").matches;
  if (button.matches("a")) button.setAttribute("role", "button");
  const open = (event) => { event.preventDefault(); button.closest("[popover]")?.hidePopover(); chooser(button.dataset.choose).click(); };
  button.addEventListener("click", open);
  button.addEventListener("keydown", (event) => event.key === " " && open(event));
}

if (form && alone) {
  form.addEventListener("submit", (event) => {
    if (!field.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    const note = form.querySelector("[name=note]")?.value ?? "";
    take([{ file: field.files[0], name: alone }], { audience: "", base: null, note });
    form.reset();
  });
} else if (form) {
  field.addEventListener("change", () => { take(plain(field.files)); field.value = ""; });
  form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); field.click(); }, true);
  const box = form.closest("#send");
  if (!form.querySelector("[aria-invalid=true]")) box.classList.add("aside-only");
}

/** What was dropped, folders with all that is in them; `dir` is the way of a file within what was dropped. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return plain(transfer.files);
  const found = [];
  const walk = async (entry, dir) => {
    if (entry.isFile) found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), dir });
    else {
      const reader = entry.createReader();
      const way = dir ? `${dir}/${entry.name}` : entry.name;
      for (;;) {
        const some = await new Promise((done, failed) => reader.readEntries(done, failed));
        if (!some.length) break;
        for (const one of some) await walk(one, way);
      }
    }
  };
  for (const entry of entries) await walk(entry, "").catch(() => {}); // what cannot be read is not there
  return found;
}

const brings = (event) => event.dataTransfer?.types.includes("Files");
const rowOf = (event) => event.target.closest?.("[data-ref^='folder:']");
function clear() {
  main.removeAttribute("data-dropping");
  main.querySelectorAll("[data-drop]").forEach((row) => row.removeAttribute("data-drop"));
}
if (takes && !alone) {
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    clear();
    const row = rowOf(event);
    if (row) row.dataset.drop = "in";
    main.dataset.dropping = fill(said.drop, { place: row?.querySelector(".name").textContent ?? main.dataset.takes });
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) clear(); });
  addEventListener("drop", async (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    const row = rowOf(event);
    clear();
    const name = row?.querySelector(".name").textContent;
    const where = row ? { way: main.dataset.way ? `${main.dataset.way}/${name}` : name } : {};
    take(await dropped(event.dataTransfer), where);
  });
  addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (!pasted.length || event.target.closest?.("input, textarea, [contenteditable]")) return;
    event.preventDefault();
    take(pasted.map((file) => ({ file, name: unnamed(file) ? dated(said.pasted, file) : undefined })));
  });
}

// What arrived stands in the list; words that somebody is typing stay.
let timer = 0;
document.addEventListener("queue", ({ detail }) => {
  const item = detail.sent;
  if (!item || item.space !== main.dataset.files) return;
  if (alone) return void (item.name === alone && renew());
  clearTimeout(timer);
  timer = setTimeout(refresh, [...items.values()].some((one) => one.state === "sending") ? 1500 : 200);
});

function renew() {
  const typed = [...document.querySelectorAll("main textarea, main input:not([type=hidden], [type=file])")].some((one) => one.value !== one.defaultValue);
  if (!typed) location.reload();
}

async function refresh() {
  const page = await fragment(location.href).catch(() => null);
  const list = document.querySelector("[data-listing]");
  const fresh = page?.querySelector("[data-listing]");
  if (!fresh) return;
  const picked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const at = list.contains(document.activeElement) ? document.activeElement : null;
  const row = at?.closest("[data-ref]")?.dataset.ref;
  const place = row ? [...at.closest("[data-ref]").querySelectorAll("a, button, input")].indexOf(at) : -1;
  list.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  const head = main.querySelector("h1 + .meta");
  const told = page.querySelector("main h1 + .meta");
  if (told && head) head.textContent = told.textContent;
  else if (told) main.querySelector("h1").after(document.importNode(told, true));
  for (const box of boxes()) box.checked = picked.has(box.value);
  dress();
  if (row) document.querySelector(`[data-ref="${CSS.escape(row)}"]`)?.querySelectorAll("a, button, input")[place]?.focus();
}

// ---- choosing among what is there

const listing = document.querySelector("[data-listing]");
const beside = document.querySelector("[data-beside]");
const boxes = () => [...document.querySelectorAll("[data-listing] input[name=pick]")];
let last = null;

function count() {
  const all = boxes();
  const many = all.filter((box) => box.checked).length;
  const every = document.querySelector("[data-all]");
  if (every) { every.checked = many > 0 && many === all.length; every.indeterminate = many > 0 && many < all.length; }
  const said_ = document.querySelector("[data-picked]");
  if (said_) said_.textContent = fill(many === 1 ? said_.dataset.one : said_.dataset.many, { count: many });
  for (const row of document.querySelectorAll("[data-listing] [data-ref]")) row.toggleAttribute("data-picked-row", row.querySelector("[name=pick]")?.checked ?? false);
}

function dress() {
  const every = document.querySelector("[data-all]");
  if (every) every.hidden = false;
  count();
}

const rows = () => [...document.querySelectorAll("[data-listing] [data-ref]")];

function stretch(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
}

listing?.addEventListener("click", (event) => {
  const box = event.target.closest("input[name=pick]");
  if (box) {
    if (event.shiftKey && last && last !== box) stretch(box);
    last = box;
    return count();
  }
  if (event.target.closest("[data-all]")) {
    for (const one of boxes()) one.checked = event.target.checked;
    return count();
  }
  const row = event.target.closest("[data-ref]");
  if (!row || event.target.closest("a, button, input, .menu")) return undefined;
  return choose(row);
});
listing?.addEventListener("dblclick", (event) => {
  const row = event.target.closest("[data-ref]");
  if (row && !event.target.closest("a, button, input, .menu")) location.assign(row.dataset.url);
});
listing?.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-ref]");
  if (row && event.target.matches("a.name") && event.target.matches(":focus-visible")) choose(row);
});

document.addEventListener("keydown", (event) => {
  if (event.target.closest?.("textarea, select, [contenteditable], dialog, [popover], input:not([type=checkbox])")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a" && boxes().length && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    for (const box of boxes()) box.checked = true;
    return count();
  }
  if (event.key === "Escape" && boxes().some((box) => box.checked)) {
    for (const box of boxes()) box.checked = false;
    return count();
  }
  const row = event.target.closest?.("[data-listing] [data-ref]");
  if (!row || event.ctrlKey || event.metaKey || event.altKey || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return undefined;
  event.preventDefault();
  const all = rows();
  const at = all.indexOf(row);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  const next = all[Math.max(0, Math.min(all.length - 1, to))];
  const kind = event.target.matches("[name=pick]") ? "[name=pick]" : "a.name";
  (next.querySelector(kind) ?? next.querySelector("a.name")).focus();
  if (event.shiftKey && row.querySelector("[name=pick]")) {
    for (const one of [row, next]) one.querySelector("[name=pick]").checked = true;
    last = next.querySelector("[name=pick]");
    count();
  }
  return undefined;
});

let waits = 0;
/** Show beside the list what was chosen in it. */
function choose(row) {
  if (!wide.matches || !beside || row.classList.contains("on")) return;
  for (const one of rows()) one.classList.toggle("on", one === row);
  clearTimeout(waits);
  if (!row.dataset.aside) return;
  waits = setTimeout(async () => {
    const part = await fragment(row.dataset.aside).catch(() => null);
    const shown = part?.querySelector("[data-one]");
    if (!shown || !row.classList.contains("on")) return;
    (beside.querySelector("[data-one]") ?? beside.firstElementChild).replaceWith(document.importNode(shown, true));
  }, 150);
}

if (listing) dress();
