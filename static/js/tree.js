// The tree of a wiki, opened in place and put in order. Without it the same links lead to pages of their own, and
// "Move or rename" moves.
//
//   a.opens                 opens or closes the branch of its line; fetched once
//   a[data-on]              the next pages of a branch, in its place
//   details.linkshere       what links to the page, fetched when it opens; without scripts a link to a page of its own
//   [data-arranges]         lines can be dragged before, behind and into others; Alt and Shift with an arrow key does one step

import { announce, fragment, parse, toast, words } from "./app.js";

const nav = document.querySelector(".tree nav");
const held = "tree:held";

async function branchOf(link) {
  const part = await fragment(link.href);
  return document.importNode(part.querySelector("ul"), true);
}

function dress(scope) {
  for (const link of scope.querySelectorAll("a.opens")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-expanded", link.hasAttribute("data-open"));
  }
}

async function toggle(link) {
  const line = link.parentElement;
  const known = line.querySelector(":scope > ul");
  const open = link.getAttribute("aria-expanded") === "true";
  if (!known && !open) {
    const list = await branchOf(link);
    dress(list);
    line.append(list);
  } else if (known) {
    known.hidden = open;
  }
  link.setAttribute("aria-expanded", !open);
}

async function goOn(link) {
  const line = link.parentElement;
  const list = await branchOf(link);
  dress(list);
  const first = list.querySelector("a.leaf");
  line.replaceWith(...list.childNodes);
  first?.focus();
}

nav.addEventListener("click", async (event) => {
  const link = event.target.closest("a.opens, a[data-on]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  try {
    await (link.matches(".opens") ? toggle(link) : goOn(link));
  } catch {
    location.assign(link.href);
  }
});
nav.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.matches("a.opens")) {
    event.preventDefault();
    event.target.click();
  }
});

// Moving: the server decides and says why not; a page that moved is found again by its old address. `into`: the line of the page
// below which it goes.
async function move(line, fields, into) {
  const form = new FormData(document.querySelector("form[data-token]"));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  try {
    const answer = await fetch(`${nav.dataset.arranges}/${line.dataset.page}/rename`, { method: "POST", body: form, redirect: "manual", credentials: "same-origin" });
    if (answer.type === "opaqueredirect") {
      sessionStorage.setItem(held, JSON.stringify([line.dataset.id, into?.dataset.id]));
      return location.reload();
    }
    const page = parse(await answer.text());
    const said = (page.querySelector("[data-refusal]") ?? page.querySelector("main:not(.wiki) p"))?.textContent.trim();
    toast(said || words.failed);
    announce(said || words.failed);
  } catch {
    toast(words.failed);
  }
}

const steps = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" };
let dragged;

function where(event, line) {
  const box = line.querySelector(":scope > a.leaf").getBoundingClientRect();
  const at = (event.clientY - box.top) / box.height;
  return at < 0.3 ? "before" : at > 0.7 ? "after" : "in";
}

function clear() {
  nav.querySelectorAll("[data-drop]").forEach((line) => line.removeAttribute("data-drop"));
}

if (nav.dataset.arranges) {
  nav.addEventListener("keydown", (event) => {
    const line = event.target.closest("li[data-page]");
    if (!line || !event.altKey || !event.shiftKey || !(event.key in steps)) return;
    event.preventDefault();
    move(line, { how: steps[event.key] }, event.key === "ArrowRight" ? line.previousElementSibling?.closest("li[data-page]") : undefined);
  });
  nav.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("a.leaf")?.parentElement;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    dragged.dataset.dragged = "";
  });
  nav.addEventListener("dragover", (event) => {
    const line = event.target.closest("li[data-page]");
    clear();
    if (!dragged || !line || dragged.contains(line)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    line.dataset.drop = where(event, line);
  });
  nav.addEventListener("dragleave", (event) => { if (!nav.contains(event.relatedTarget)) clear(); });
  nav.addEventListener("drop", (event) => {
    const line = event.target.closest("li[data-page]");
    if (!dragged || !line || dragged.contains(line)) return;
    event.preventDefault();
    const place = where(event, line);
    move(dragged, { how: "drop", at: line.dataset.page, where: place }, place === "in" ? line : undefined);
  });
  nav.addEventListener("dragend", () => {
    clear();
    dragged?.removeAttribute("data-dragged");
    dragged = undefined;
  });
}

dress(nav);
const moved = sessionStorage.getItem(held);
if (moved) {
  sessionStorage.removeItem(held);
  findAgain(...JSON.parse(moved));
}

/** The focus goes to what was moved, also into a branch that was closed. */
async function findAgain(id, into) {
  const lineOf = (one) => one && nav.querySelector(`li[data-id="${CSS.escape(one)}"]`);
  const opens = lineOf(into)?.querySelector(":scope > a.opens");
  if (!lineOf(id)?.checkVisibility() && opens?.getAttribute("aria-expanded") === "false") await toggle(opens).catch(() => {});
  (lineOf(id) ?? lineOf(into))?.querySelector(":scope > a.leaf").focus();
}

// What links to the page that is read: fetched when somebody opens it.
const links = document.querySelector("details.linkshere");
async function tellLinks() {
  if (!links.open || links.hasAttribute("data-known")) return;
  links.setAttribute("data-known", "");
  const part = await fragment(links.dataset.src).catch(() => links.removeAttribute("data-known"));
  const found = part?.querySelector("ul.pagelist, .after");
  if (found) links.querySelector("div").replaceChildren(...[...found.parentNode.children].map((node) => document.importNode(node, true)));
}
links?.addEventListener("toggle", tellLinks);
if (links?.open) tellLinks(); // opened before this module had come
