// The coach's inbox by keyboard, without a reload between two things. Every step is a link or a form of the page: this asks the
// same addresses for the part alone, puts it in place, moves the focus and tells screen readers once.
//
//   [data-inbox] with .inbox-list li[data-ref] and #pane    form[data-act] does something; its answer is _went.html, or the pane again
//   [data-key="e"] is what a key presses: e done, s snooze, t take, h hold, u undo; j k next and previous, r reply, o open, ? all keys

import { announce, fill, fragment, parse, toast } from "./app.js";
import { offer } from "./keep.js";

const box = document.querySelector("[data-inbox]");
const list = box?.querySelector(".inbox-list");
const said = JSON.parse(box?.dataset.words ?? "{}");
const pane = () => document.getElementById("pane");
const rows = () => [...list.querySelectorAll("li[data-ref]")];
const current = () => list.querySelector("li.on");
const linkOf = (row) => row.querySelector("a.cover");
let undo = null; // what takes the last step back
let asking = 0;
let working = null; // what is being asked or opened
let queue = Promise.resolve(); // keys wait for their turn: who presses e twice is done with two things
let replying = false; // an r that waits: what is typed meanwhile is no key

/** Show the pane of a row. `into`: where the focus goes: the row itself (walking), or the pane. */
async function open(row, into = "row") {
  const turn = (asking += 1);
  const link = linkOf(row);
  mark(row);
  if (into === "row") link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  try {
    const fresh = (await fragment(link.href)).getElementById("pane");
    if (turn !== asking) return;
    if (!fresh) throw new Error("no pane there");
    place(fresh);
    history.replaceState(null, "", link.href.split("#")[0] + (location.hash === "#pane" ? "#pane" : ""));
    const all = rows();
    announce(fill(said.opened, { title: link.textContent, place: all.indexOf(row) + 1, count: all.length }));
    if (into === "pane") pane().focus({ preventScroll: true });
  } catch {
    location.assign(link.href);
  }
}

function mark(row) {
  for (const other of rows()) {
    other.classList.toggle("on", other === row);
    if (other === row) linkOf(other).setAttribute("aria-current", "true");
    else linkOf(other).removeAttribute("aria-current");
  }
}

function place(fresh) {
  const node = document.importNode(fresh, true);
  if (pane()) pane().replaceWith(node);
  else box.append(node);
  node.querySelectorAll("form[data-keep]").forEach(offer);
}

/** The row after one, else the one before it. */
const beside = (row) => row?.nextElementSibling?.closest("li[data-ref]") ?? row?.previousElementSibling?.closest("li[data-ref]");

/** Do what a form says; its row leaves, and the next opens. */
async function act(form, button) {
  const data = new FormData(form, button);
  const ref = data.get("ref");
  const row = rows().find((one) => one.dataset.ref === ref);
  form.closest("[popover]")?.hidePopover();
  let page;
  let answer;
  try {
    const keepalive = (data.get("body")?.length ?? 0) < 10000; // who leaves at once has still sent it; browsers keep 64 kB so
    answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin", keepalive });
    page = parse(await answer.text());
  } catch {
    return toast(said.failed);
  } finally {
    delete form.dataset.busy;
    button?.removeAttribute("aria-busy");
  }
  const again = page.getElementById("pane");
  if (answer.status === 422 && again) {
    place(again);
    return pane().querySelector("[aria-invalid=true], [role=alert]")?.focus();
  }
  const went = page.getElementById("went");
  if (!answer.ok || !went) return answer.redirected ? location.reload() : toast(said.failed);
  put(page);
  if (form.matches("[data-keep]")) form.dispatchEvent(new CustomEvent("arrived", { bubbles: true }));
  const way = went.dataset.undo;
  if (row && went.dataset.stays !== undefined) {
    toast(went.textContent);
    return beside(row) ? open(beside(row)) : open(row);
  }
  if (row && went.dataset.ref) await leave(row, form, way, went.textContent);
  else {
    toast(went.textContent);
    if (row) await open(row, "pane");
  }
}

function put(page) {
  const top = page.getElementById("inbox-top");
  if (top) document.getElementById("inbox-top")?.replaceWith(document.importNode(top, true));
}

function leave(row, form, way, words) {
  const next = beside(row);
  const before = row.nextSibling;
  row.remove();
  const token = form.querySelector("[name=csrf_token]").value;
  const action = form.dataset.answer === undefined ? form.action : form.action.replace("/coaching", "/coaching/marks");
  undo = way ? async () => {
    undo = null;
    note?.remove();
    const data = new FormData();
    for (const [name, value] of [["csrf_token", token], ["ref", row.dataset.ref], ["do", way]]) data.set(name, value);
    try {
      const answer = await fetch(action, { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      const page = parse(await answer.text());
      const went = page.getElementById("went");
      if (!answer.ok || !went) throw new Error(String(answer.status));
      put(page);
      announce(went.textContent);
      if (!went.dataset.ref) return toast(went.textContent);
      list.querySelector("li.none:not([data-more])")?.remove();
      list.insertBefore(row, before?.parentNode === list ? before : list.querySelector("li[data-more]"));
      await open(row);
    } catch {
      toast(said.failed);
    }
  } : null;
  document.querySelectorAll(".toasts [data-undoes]").forEach((old) => old.remove());
  const note = toast(words, way ? said.undo : undefined, () => undo?.());
  note.dataset.undoes = "";
  if (next) return (working = open(next));
  const more = list.querySelector("li[data-more] a");
  if (more) return location.assign(more.href);
  pane()?.remove();
  const none = document.createElement("li");
  none.className = "none";
  none.tabIndex = -1;
  none.textContent = said.none;
  list.append(none);
  none.focus();
  announce(said.none);
}

/** One step in the list: j or k. */
function step(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement.closest?.("li[data-ref]") ?? current());
  const row = all[Math.max(0, Math.min(all.length - 1, at + by))];
  if (row && row !== current()) working = open(row);
  else if (row) linkOf(row).focus();
}

const press = {
  j: () => step(1),
  k: () => step(-1),
  r: () => pane()?.querySelector("form[data-answer] textarea")?.focus(),
  o: () => { const link = pane()?.querySelector("[data-open]"); if (link) location.assign(link.href); },
  u: () => (undo ? (working = undo()) : pane()?.querySelector("[data-key=u]")?.click()),
  "?": () => pane()?.querySelector("[data-help]")?.click(),
};

function keys(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog, [popover]");
  if (event.target.matches?.("form[data-answer] textarea")) {
    if (event.key === "Escape") return pane().focus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.target.form.requestSubmit(event.target.form.querySelector("button.go"));
    }
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  try { if (localStorage.getItem("keys") === "off") return; } catch { /* no storage: keys stay on */ }
  const known = press[event.key] ?? (() => pane()?.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click());
  if (!press[event.key] && !/^[esth]$/.test(event.key)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (replying) return;
  replying = event.key === "r";
  queue = queue.then(async () => {
    working = null;
    known();
    replying = false;
    await working;
  }).catch(() => toast(said.failed));
}

if (box) {
  document.addEventListener("keydown", keys, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-inbox] form[data-act]") || form.dataset.busy) return;
    event.preventDefault();
    form.dataset.busy = "yes";
    working = act(form, event.submitter);
  }, true);
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a.cover");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || !matchMedia("(min-width: 60rem)").matches) return;
    event.preventDefault();
    open(link.closest("li"), "pane");
  });
}
