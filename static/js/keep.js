// Nothing typed is lost. A form with data-keep="post:bridge" keeps its words in this browser while they are typed, and
// offers them again when they did not arrive: after a lost connection, a closed tab, an error.
//
// Kept are text fields and choices, and a hidden `base` (the revision that a wiki text was based on: it belongs to the words).
// Never kept: passwords, files, tokens. Words go when they arrived, after a week, and on signing out.

import { make, toast, words } from "./app.js";

const WEEK = 7 * 86400 * 1000;
const prefix = `keep:${document.documentElement.dataset.person ?? ""}:`;
const kept = "input:not([type=hidden], [type=password], [type=file], [type=checkbox], [type=radio], [type=submit]), textarea, select, input[type=hidden][name=base]";
const forms = [...document.querySelectorAll("form[data-keep]")];
const keyOf = (form) => prefix + form.dataset.keep;
const fieldsOf = (form) => [...form.querySelectorAll(kept)].filter((field) => field.name && field.name !== "csrf_token");
const given = (field) => (field instanceof HTMLSelectElement ? ([...field.options].find((o) => o.defaultSelected) ?? field.options[0])?.value : field.defaultValue);
const typed = (form) => fieldsOf(form).some((field) => field.matches("textarea, input:not([type=hidden])") && field.value !== given(field));
let storage = null;
try {
  storage = globalThis.localStorage;
  storage.setItem("keep", "1");
  storage.removeItem("keep");
} catch {
  storage = null; // private windows may refuse: then leaving asks first
}

function read(key) {
  try {
    const held = JSON.parse(storage.getItem(key) ?? "null");
    if (held && Date.now() - held.at < WEEK) return held;
    storage.removeItem(key);
  } catch { /* nothing readable is nothing kept */ }
  return null;
}

function write(form) {
  if (!storage) return;
  try {
    if (!typed(form)) return storage.removeItem(keyOf(form));
    const values = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
    storage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values }));
  } catch {
    storage = null; // full
  }
}

function put(form, values) {
  for (const field of fieldsOf(form)) {
    if (!Object.hasOwn(values, field.name)) continue;
    if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === values[field.name])) continue;
    field.value = values[field.name];
  }
}

/** Give a form the words back that were typed in it and did not arrive. For forms that come later than the page, too. */
export function offer(form) {
  if (!forms.includes(form)) forms.push(form);
  const held = storage && read(keyOf(form));
  if (!held) return;
  const differs = fieldsOf(form).some((field) => field.matches("textarea, input:not([type=hidden])") && (held.values[field.name] ?? field.value) !== field.value);
  if (!differs || form.querySelector("[aria-invalid=true]")) return;
  put(form, held.values);
  if (form.querySelector(".keepnote")) return; // the page says so already: a draft that the server kept, and here are its last words
  const discard = make("button", { className: "linkish", type: "button", textContent: words.discard });
  const note = make("div", { className: "note keepnote" }, make("p", { className: "grow" }, `${words.kept} `, discard));
  note.setAttribute("role", "status");
  discard.addEventListener("click", () => {
    form.reset();
    fieldsOf(form).filter((field) => field.type === "hidden").forEach((field) => (field.value = field.defaultValue));
    storage.removeItem(keyOf(form));
    note.remove();
    form.querySelector("textarea, input:not([type=hidden])")?.focus();
  });
  form.prepend(note);
}

// What was sent counts as arrived when this page is its answer: a redirect led here from the page of the form, or the form
// itself is answered, and not with an error. Any other page that comes next, after a tunnel perhaps, proves nothing.
const failed = document.body.hasAttribute("data-error") || document.querySelector("main [aria-invalid=true]");
const answer = document.body.hasAttribute("data-answer") || performance.getEntriesByType("navigation")[0]?.redirectCount > 0;
try {
  const { from, keys } = JSON.parse(sessionStorage.getItem("sent") ?? "{}");
  if (answer && !failed && from === document.referrer) for (const key of keys) storage?.removeItem(key);
  sessionStorage.removeItem("sent");
} catch { /* without a session's storage words stay a week */ }

forms.forEach(offer);
let sending = false;
let timer;
let changed = null; // the form whose words are not written yet, or not taken away yet
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (!form) return;
  clearTimeout(timer);
  changed = form;
  timer = setTimeout(() => { changed = null; write(form); }, 300);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  sending = true;
  if (form.matches("[data-sign-out]") && storage) Object.keys(storage).filter((key) => key.startsWith(prefix)).forEach((key) => storage.removeItem(key));
  if (!form.matches("[data-keep]")) return;
  clearTimeout(timer);
  write(form);
  try { sessionStorage.setItem("sent", JSON.stringify({ from: location.href.split("#")[0], keys: [keyOf(form)] })); } catch { /* see above */ }
});
document.addEventListener("arrived", ({ target }) => { // a module sent a form by itself
  clearTimeout(timer);
  changed = null;
  target.reset();
  storage?.removeItem(keyOf(target));
});
addEventListener("pagehide", () => forms.forEach((form) => !sending && (form === changed || typed(form)) && write(form)));
addEventListener("pageshow", () => { sending = false; });
addEventListener("beforeunload", (event) => {
  const files = forms.some((form) => [...form.querySelectorAll("input[type=file]")].some((field) => field.files.length));
  if (!sending && (files || (!storage && forms.some(typed)))) event.preventDefault();
});
addEventListener("offline", () => forms.some(typed) && toast(words.lost));
addEventListener("online", () => forms.some(typed) && toast(words.back));
