// Suggestions while somebody types: @people and groups, #topics. What is offered comes from the API, which asks who may see what.
//
//   textarea[name=body]            after @ or #; where it is written is read from the address of its form
//   input[data-suggest=people]     a handle, the whole field;  input[data-suggest=topics]  a topic
//
// Keys: down and up choose, Enter or Tab takes it, Escape leaves. Nothing is offered while nothing is typed, and a form works
// the same without it.

import { announce, fill, make, words } from "./app.js";

const list = make("ul", { id: "suggestions", className: "suggest", popover: "manual" });
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", words.suggestions ?? "");
(document.getElementById("main") ?? document.body).append(list);
let field = null; // who is being helped
let token = null; // what is typed: { sign, text, start }
let active = -1;
let asked = 0;
let timer = 0;

const TYPED = /(^|[\s(])([@#])([\p{L}\p{N}._-]{0,40})$/u;
const isText = (node) => node instanceof HTMLTextAreaElement && node.name === "body";
const helps = (node) => isText(node) || node?.matches?.("input[data-suggest]");

function typedIn(node) {
  if (!isText(node)) {
    const text = node.value.trim().replace(/^[@#]/, "");
    return text ? { sign: node.dataset.suggest === "topics" ? "#" : "@", text, start: 0 } : null;
  }
  const match = TYPED.exec(node.value.slice(0, node.selectionStart));
  if (!match || node.selectionStart !== node.selectionEnd || (match[2] === "#" && !match[3])) return null;
  return { sign: match[2], text: match[3], start: node.selectionStart - match[3].length - 1 };
}

function address({ sign, text }, node) {
  if (sign === "#") return `/api/v1/topics?${new URLSearchParams({ q: text })}`;
  const asks = new URLSearchParams({ q: text });
  const place = isText(node) && /^\/spaces\/([a-z0-9-]+)(?:\/posts\/(\d+)\/comments)?/.exec(new URL(node.form.action).pathname);
  if (place?.[2]) asks.set("on", `post:${place[2]}`);
  else if (place && place[1] !== "new") {
    asks.set("space", place[1]);
    const audience = node.form.elements.audience?.value;
    if (["coach", "space", "organisation"].includes(audience)) asks.set("audience", audience);
  }
  return `/api/v1/mentions?${asks}`;
}

function choicesOf(found, { sign }) {
  if (sign === "#") return found.items.map((topic) => ({ value: topic.key, name: `#${topic.key}`, more: topic.name === topic.key ? "" : topic.name }));
  const groups = isText(field) ? found.groups.map((group) => ({ value: group.name, name: `@${group.name}`, more: fill(words.everybody, { space: group.space }) })) : [];
  const people = found.people.map((person) => ({ value: person.handle, name: person.name, more: `@${person.handle}` }));
  return [...people, ...groups];
}

async function ask() {
  const mine = ++asked;
  const node = field;
  const wanted = token;
  let found;
  try {
    const answer = await fetch(address(wanted, node), { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) return close();
    found = await answer.json();
  } catch {
    return close();
  }
  if (mine === asked && node === field) draw(choicesOf(found, wanted));
}

function draw(choices) {
  if (!choices.length) return close();
  list.replaceChildren(...choices.map((choice, at) => {
    const option = make("li", { id: `suggestion-${at}` }, make("b", { textContent: choice.name }), make("span", { className: "meta", textContent: choice.more }));
    option.setAttribute("role", "option");
    option.dataset.value = choice.value;
    return option;
  }));
  if (!list.matches(":popover-open")) list.showPopover();
  place();
  field.setAttribute("aria-controls", list.id);
  if (!isText(field)) field.setAttribute("aria-expanded", "true");
  choose(token.sign === "@" && isText(field) ? 0 : -1);
  announce(fill(words.suggested, { count: choices.length }));
}

function place() {
  if (!field || !list.matches(":popover-open")) return;
  const at = field.getBoundingClientRect();
  const below = at.bottom + list.offsetHeight + 8 < innerHeight;
  list.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - list.offsetHeight - 4)}px`;
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - list.offsetWidth - 8))}px`;
}

function choose(at) {
  active = at;
  [...list.children].forEach((option, number) => option.setAttribute("aria-selected", number === at));
  if (at < 0) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", `suggestion-${at}`);
  list.children[at].scrollIntoView({ block: "nearest" });
}

function take(at) {
  const value = list.children[at].dataset.value;
  if (isText(field)) {
    field.setRangeText(`${token.sign}${value} `, token.start, field.selectionStart, "end");
  } else {
    field.value = value;
  }
  const node = field;
  close();
  node.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  asked += 1;
  clearTimeout(timer);
  if (list.matches(":popover-open")) list.hidePopover();
  field?.removeAttribute("aria-activedescendant");
  if (field && !isText(field)) field.setAttribute("aria-expanded", "false");
  active = -1;
}

function look(node) {
  field = node;
  token = typedIn(field);
  if (!token) return close();
  clearTimeout(timer);
  timer = setTimeout(ask, 150);
}

document.addEventListener("input", (event) => {
  if (!helps(event.target) || event.isComposing) return;
  if (event.isTrusted) return look(event.target);
  field = event.target;
  close();
});

document.addEventListener("keydown", (event) => {
  if (event.target !== field || !list.matches(":popover-open") || event.isComposing) return;
  const last = list.children.length - 1;
  if (event.key === "ArrowDown") choose(active === last ? 0 : active + 1);
  else if (event.key === "ArrowUp") choose(active <= 0 ? last : active - 1);
  else if (event.key === "Escape") close();
  else if ((event.key === "Enter" || event.key === "Tab") && active >= 0 && !event.shiftKey) take(active);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) take([...list.children].indexOf(option));
});
document.addEventListener("focusout", (event) => event.target === field && close());
addEventListener("scroll", place, { passive: true, capture: true });
addEventListener("resize", place);

for (const node of document.querySelectorAll("input[data-suggest]")) {
  node.setAttribute("role", "combobox");
  node.setAttribute("aria-autocomplete", "list");
  node.setAttribute("aria-expanded", "false");
  node.setAttribute("aria-controls", list.id);
}

// Who began to type before this module was there is helped with what stands there.
if (helps(document.activeElement)) look(document.activeElement);
