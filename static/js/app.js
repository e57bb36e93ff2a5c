// What every page gets on top. Pages work without it: links and forms do the work, this saves a reload or a slip.
//
//   form[data-theme-form]          light or dark, at once
//   form (method post)             sent once, however often the button is pressed; the button shows that it is busy
//   form.reacts                    a reaction, without leaving the page
//   a[data-dialog]                 the page behind the link, as a dialog (templates/parts/confirm.html); [data-close] closes
//   button[command][commandfor]    dialogs, where the browser does not know commands yet
//   [data-keys] with a.cover in it a list in which j and k move; "/" goes to the search; input[data-keys-toggle] switches keys off
//   [data-say]                     says its words as a toast
//
// For other modules: fragment(), parse(), toast(), announce(), words, fill().

const root = document.documentElement;
const policy = globalThis.trustedTypes?.createPolicy("fragments", { createHTML: (html) => html });

export const words = JSON.parse(document.body.dataset.words ?? "{}");

/** A sentence with its {placeholders} filled. */
export const fill = (sentence = "", facts = {}) => sentence.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

/** An element with properties and children; children are nodes or plain text, never HTML. */
export function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Fetch a part of a page through its normal door, as a document whose scripts are dead. Throws on anything but success. */
export async function fragment(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
  const landed = new URL(answer.url);
  if (answer.redirected && landed.pathname === "/login") location.reload();
  if (!answer.ok || landed.origin !== location.origin) throw new Error(`${answer.status} ${url}`);
  return parse(await answer.text());
}

/** HTML of ours as a document whose scripts are dead. */
export const parse = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

/** Say something went well. With an action (words, what to do) it stays until one of the two is chosen. */
export function toast(text, action, then) {
  const box = make("div", { className: "toast" }, make("p", { textContent: text }));
  if (action) {
    const act = make("button", { className: "btn s", type: "button", textContent: action });
    act.addEventListener("click", () => { box.remove(); then?.(); });
    box.append(act);
  }
  document.querySelector(".toasts").append(box);
  fade(box);
  return box;
}

/** A toast without a choice leaves by itself, later the longer its text is, and not while somebody is on it. */
function fade(box) {
  if (box.querySelector("button")) return;
  const wait = () => setTimeout(() => (box.matches(":hover, :focus-within") ? wait() : box.remove()), 5000 + 60 * box.textContent.length);
  wait();
}
document.querySelectorAll(".toasts .toast").forEach(fade);

/** Tell screen readers, and nobody else. */
export function announce(text) {
  let region = document.getElementById("said");
  if (!region) document.body.append((region = make("p", { id: "said", className: "vh", role: "status" })));
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 100);
}

// Theme: the page came with the choice; a change shows at once and is kept by the server's cookie.
function changeTheme(form, button) {
  root.dataset.theme = button.value;
  fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" }).catch(() => {});
  button.value = button.value === "dark" ? "light" : "dark";
}
const themeButton = document.querySelector("[data-theme-form] button");
if (themeButton && !root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches) themeButton.value = "light";

// Reactions: shown at once, put right by what the server answers.
async function react(form, button) {
  const was = button.getAttribute("aria-pressed") === "true";
  const count = button.querySelector(".num");
  const before = count.textContent;
  button.setAttribute("aria-pressed", !was);
  count.textContent = Math.max(0, Number(before) + (was ? -1 : 1)) || "";
  try {
    const answer = await fragment(form.getAttribute("action"), { method: "POST", body: new FormData(form, button) });
    const owner = form.closest("[id]");
    const fresh = owner && answer.getElementById(owner.id)?.querySelector("form.reacts");
    if (fresh) {
      const at = button.value;
      form.replaceWith(document.importNode(fresh, true));
      owner.querySelector(`form.reacts button[value="${CSS.escape(at)}"]`)?.focus();
    }
  } catch {
    button.setAttribute("aria-pressed", was);
    count.textContent = before;
    toast(words.failed);
  } finally {
    delete form.dataset.busy;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.method !== "post" || event.defaultPrevented || form.matches("[data-file]")) return; // a file comes, and the page stays
  if (form.dataset.busy) return event.preventDefault();
  form.dataset.busy = "yes";
  if (form.matches("[data-theme-form]")) {
    event.preventDefault();
    changeTheme(form, button);
    delete form.dataset.busy;
  } else if (form.matches(".reacts")) {
    event.preventDefault();
    react(form, button);
  } else {
    button?.setAttribute("aria-busy", "true");
  }
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-busy]").forEach((form) => delete form.dataset.busy);
  document.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});

// Dialogs
async function ask(link) {
  try {
    const part = (await fragment(link.href)).getElementById("confirm-title")?.parentNode;
    if (!part) throw new Error("no dialog there");
    const dialog = make("dialog", {}, ...[...part.childNodes].map((node) => document.importNode(node, true)));
    dialog.setAttribute("aria-labelledby", "confirm-title");
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  } catch {
    location.assign(link.href);
  }
}
document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target.closest("a[data-dialog]");
  const close = event.target.closest("[data-close]")?.closest("dialog");
  const command = event.target.closest("button[commandfor]");
  const say = event.target.closest("[data-say]");
  if (link && plain) {
    event.preventDefault();
    link.closest("[popover]")?.hidePopover();
    ask(link);
  } else if (close && plain) {
    event.preventDefault();
    close.close();
  } else if (command && !("commandForElement" in HTMLButtonElement.prototype)) {
    const dialog = document.getElementById(command.getAttribute("commandfor"));
    if (command.getAttribute("command") === "show-modal") dialog?.showModal(); else dialog?.close();
  }
  if (say) toast(say.dataset.say);
});

// Menus: placed by hand where the browser cannot anchor them (writes through CSSOM pass the policy for styles).
if (!CSS.supports("position-area", "block-end")) {
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu[popover]:popover-open")) return;
    const at = [...document.querySelectorAll(`[popovertarget="${CSS.escape(menu.id)}"]`)].find((b) => b.offsetParent)?.getBoundingClientRect();
    if (!at) return;
    const below = at.bottom + menu.offsetHeight < innerHeight;
    menu.style.top = `${below ? at.bottom : Math.max(8, at.top - menu.offsetHeight - 12)}px`;
    menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
  }, true);
}

// Keys: never while somebody types, and off where somebody switched them off (WCAG 2.1.4).
let keys = true;
try { keys = localStorage.getItem("keys") !== "off"; } catch { /* no storage: keys stay on */ }
document.querySelectorAll("input[data-keys-toggle]").forEach((box) => {
  box.checked = keys;
  box.addEventListener("change", () => { keys = box.checked; try { localStorage.setItem("keys", keys ? "on" : "off"); } catch { /* for this page only */ } });
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  if (!keys || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const box = [...document.querySelectorAll("#q, #find")].find((field) => field.offsetParent);
    if (box) { event.preventDefault(); box.focus(); }
  }
  const list = document.querySelector("[data-keys]");
  if (!list || (event.key !== "j" && event.key !== "k")) return;
  const rows = [...list.querySelectorAll("a.cover")];
  const at = rows.findIndex((row) => row === document.activeElement || (!list.contains(document.activeElement) && row.ariaCurrent));
  rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))]?.focus();
});

// Tabs that do not fit a phone: the one that is open is in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement.getBoundingClientRect();
  const at = tab.getBoundingClientRect();
  tab.parentElement.scrollLeft += at.left - row.left - (row.width - at.width) / 2;
}

// A form that was refused opens at the first field it speaks of: on a long page that field is far below. (Some have a summary on top.)
const wrong = document.querySelector("main:not(:has(.note[role=alert])) [aria-invalid=true]");
(wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong)?.focus();

// A link to something that is folded away opens what holds it.
function unfold() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  let box = target && target.parentElement?.closest("details:not([open])");
  if (!box) return;
  for (; box; box = box.parentElement.closest("details:not([open])")) box.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();

// Facets: closed on a phone, always open beside the results on a wide screen.
const facets = document.querySelector(".facetbox");
if (facets && !CSS.supports("selector(::details-content)")) facets.open = matchMedia("(min-width: 56rem)").matches;

// What only who writes needs comes when they begin to.
function whenTheyBegin(selector, module) {
  if (!document.querySelector(selector)) return;
  const begins = ["focusin", "pointerdown", "dragenter", "input"];
  let tries = 0;
  const come = ({ target }) => {
    if (!target?.closest?.(selector) || (tries && !navigator.onLine)) return;
    for (const kind of begins) document.removeEventListener(kind, come);
    import(tries ? `${module}?${tries}` : module).catch(() => { // no connection: with the next touch or key; a browser remembers what failed by its address
      tries += 1;
      for (const kind of begins) document.addEventListener(kind, come);
    });
  };
  for (const kind of begins) document.addEventListener(kind, come);
  come({ target: document.activeElement });
}
if (root.dataset.person) whenTheyBegin("textarea[name=body], input[data-suggest], details:has(input[data-suggest])", "./suggest.js");
whenTheyBegin("form[data-compose]", "./compose.js");
if (document.querySelector(".prose.long [id^=h-], .prose code.language-mermaid")) import("./reading.js");
if (document.querySelector(".tree nav li")) import("./tree.js");

// Files that are still on their way go on from any page.
try { if (root.dataset.person && localStorage.getItem(`sending:${root.dataset.person}`)) import("./sending.js"); } catch { /* no storage: then nothing waits in it */ }

// Live pages fetch their module, and with it the Socket.IO client; the others do not pay for it.
if (root.dataset.person && document.querySelector("[data-room], [data-here]")) import("./live.js");
