// Comments on words. They stand beside their words and never overlap; in a narrow window they are a sheet. What is selected in the
// text can be commented on, and linked to: by the button that appears, by the key c, or by opening the form while something is selected.
//
//   <div class="prose" data-words-of="page:7" data-src="/spaces/bridge/wiki/loops?part=margin">   the text; others name theirs in
//   <form data-words data-text="#post-12 .prose">        the form for a comment on words: quote, prefix, suffix, start
//   .mnotes > .mnote[data-at="id of the mark"]           what is said, in the order of the text
//   a[data-answer="12"]                                  opens the form of template#answer-form below that note
//
// Positions count code points of the text as the server does: of its text content, without what only screen readers are told.

import { announce, fragment, make, toast } from "./app.js";

const form = document.querySelector("form[data-words]");
const text = document.querySelector("[data-words-of]") ?? (form?.dataset.text ? document.querySelector(form.dataset.text) : null);
const margin = document.querySelector(".margin");
const notes = document.getElementById("notes");
const wide = matchMedia("(min-width: 72rem)");
const said = JSON.parse(form?.dataset.said ?? "{}");

// ---- beside their words

function align() {
  if (!notes) return;
  const all = [...notes.querySelectorAll(":scope > .mnote")];
  all.forEach((note) => (note.style.marginBlockStart = ""));
  if (!wide.matches) return;
  const places = all.map((note) => [note.getBoundingClientRect().top, document.getElementById(note.dataset.at)?.getBoundingClientRect().top]);
  let moved = 0;
  all.forEach((note, at) => {
    const [top, target] = places[at];
    const gap = target === undefined ? 0 : target - 6 - (top + moved);
    if (gap <= 0) return;
    moved += gap;
    note.style.marginBlockStart = `${gap}px`;
  });
}

// ---- to and fro: from the words to what is said of them, and back

const marksOf = (number) => document.querySelectorAll(`mark[data-for~="${number}"]`);
const numberOf = (node) => node?.id?.replace(/\D+/g, "");

function toNote(id) {
  const note = document.getElementById(id);
  if (!note) return;
  if (margin?.contains(note) && !wide.matches && !margin.matches(":popover-open")) margin.showPopover?.();
  if (note instanceof HTMLDetailsElement) note.open = true;
  align();
  const target = note instanceof HTMLDetailsElement ? note.querySelector("summary") : note;
  if (!target.matches("summary")) target.tabIndex = -1;
  target.focus();
}

function toWords(id) {
  const mark = document.getElementById(id);
  if (!mark) return;
  if (margin?.matches(":popover-open")) margin.hidePopover();
  const links = marksOf(id.slice(1));
  const link = [...links].map((one) => one.querySelector("a:not([tabindex])")).find(Boolean);
  if (link) link.focus();
  else { mark.tabIndex = -1; mark.focus(); }
}

document.addEventListener("click", (event) => {
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target.closest?.("a[href^='#']");
  if (!link || !plain) return;
  const id = link.getAttribute("href").slice(1);
  if (link.closest("mark.anchor")) after(id, toNote);
  else if (/^a\d+$/.test(id)) after(id, toWords);
});

/** Go there once the browser has followed the link: it moves the focus itself when it does. */
function after(id, go) {
  if (location.hash === `#${id}`) setTimeout(go, 0, id);
  else addEventListener("hashchange", () => go(id), { once: true });
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const number = numberOf(target.closest?.(".mnote, .comment"));
    for (const mark of document.querySelectorAll("mark.anchor.on")) if (!number || !mark.matches(`[data-for~="${number}"]`)) mark.classList.remove("on");
    if (number) marksOf(number).forEach((mark) => mark.classList.add("on"));
  });
}

document.addEventListener("keydown", (event) => {
  const note = event.key === "Escape" && event.target.closest?.(".mnote");
  if (event.key === "Escape" && form?.contains(event.target) && form.classList.contains("beside")) {
    box.open = false;
    box.querySelector("summary").focus({ preventScroll: true });
  }
  if (note && !event.target.closest("textarea, [popover]:not(.margin)") && note.dataset.at) toWords(note.dataset.at);
});

// ---- the text, as the server counts it

const hidden = (node) => node.parentElement.closest(".vh");

/** The text nodes of what is read, each with how many UTF-16 units stand before it; and the whole. */
function read(root) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let whole = "";
  while (walk.nextNode()) {
    if (hidden(walk.currentNode)) continue;
    nodes.push([walk.currentNode, whole.length]);
    whole += walk.currentNode.data;
  }
  return { nodes, whole };
}

/** Where a border of a range stands in the whole. */
function offsetOf(nodes, whole, container, offset) {
  const known = nodes.find(([node]) => node === container);
  if (known) return known[1] + offset;
  const point = document.createRange();
  point.setStart(container, offset);
  for (const [node, before] of nodes) if (point.comparePoint(node, 0) >= 0) return before;
  return whole.length;
}

let picked = null; // { exact, prefix, suffix, start }

function look() {
  const selection = getSelection();
  if (!text || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
  const { nodes, whole } = read(text);
  let start = offsetOf(nodes, whole, range.startContainer, range.startOffset);
  let end = offsetOf(nodes, whole, range.endContainer, range.endOffset);
  while (start < end && /\s/.test(whole[start])) start += 1;
  while (end > start && /\s/.test(whole[end - 1])) end -= 1;
  if (start >= end) return null;
  const points = (part) => [...part];
  return {
    exact: whole.slice(start, end),
    prefix: points(whole.slice(0, start)).slice(-32).join(""),
    suffix: points(whole.slice(end, end + 64)).slice(0, 32).join(""),
    start: points(whole.slice(0, start)).length,
    range: range.cloneRange(),
  };
}

// ---- the form

const box = form?.closest("details");
const field = (name) => form.elements.namedItem(name);

function put(chosen) {
  for (const [name, value] of [["quote", chosen.exact], ["prefix", chosen.prefix], ["suffix", chosen.suffix], ["start", chosen.start]]) field(name).value = value;
  field("quote").removeAttribute("aria-invalid");
  field("quote").dispatchEvent(new Event("input", { bubbles: true }));
  if (globalThis.Highlight && CSS.highlights) CSS.highlights.set("chosen", new Highlight(chosen.range));
}

function begin() {
  if (!form || !picked) return;
  put(picked);
  bar.hidden = true;
  if (margin?.contains(form) && !wide.matches && !margin.matches(":popover-open")) margin.showPopover?.();
  const top = picked.range.getBoundingClientRect().top;
  box.open = true;
  // On a wide screen the form lies beside the words, over what stands there.
  const beside = wide.matches && margin?.contains(form);
  form.classList.toggle("beside", beside);
  form.style.insetBlockStart = beside ? `${Math.max(0, top - margin.getBoundingClientRect().top - 6)}px` : "";
  align();
  (field("body") ?? form.querySelector("button")).focus({ preventScroll: beside });
  if (!beside || form.getBoundingClientRect().bottom > innerHeight) form.scrollIntoView({ block: "nearest" });
}

/** The address of this page at some words, as browsers find them (WICG Scroll To Text Fragment): all of them, or their first and last. */
function linkTo(exact) {
  const encoded = (words) => encodeURIComponent(words).replaceAll("-", "%2D");
  const lines = exact.split("\n").map((line) => line.trim()).filter(Boolean);
  const words = [lines[0].split(/\s+/), lines.at(-1).split(/\s+/)];
  const whole = lines.length === 1 && words[0].length <= 8;
  const part = whole ? encoded(lines[0]) : [words[0].slice(0, 4), words[1].slice(-4)].map((some) => encoded(some.join(" "))).join(",");
  return `${location.origin}${location.pathname}#:~:text=${part}`;
}

async function copy() {
  if (!picked) return;
  bar.hidden = true;
  await navigator.clipboard.writeText(linkTo(picked.exact)).then(() => toast(said.copied), () => {});
}

const button = make("button", { className: "btn go s", type: "button", textContent: said.comment ?? "" });
const copies = make("button", { className: "btn s", type: "button", textContent: said.copy ?? "", hidden: !navigator.clipboard || !said.copy });
const bar = make("div", { className: "row g1 selbtn", hidden: true }, button, copies);
if (form && text) {
  (text.closest("main") ?? document.body).append(bar);
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
  button.addEventListener("click", begin);
  copies.addEventListener("click", copy);
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (form.contains(document.activeElement)) return;
      const chosen = look();
      if (chosen) picked = chosen;
      bar.hidden = !chosen;
      if (!chosen) return;
      const rects = chosen.range.getClientRects();
      const at = rects[rects.length - 1] ?? chosen.range.getBoundingClientRect();
      bar.style.insetBlockStart = `${at.bottom + scrollY + 6}px`;
      bar.style.insetInlineStart = `${Math.max(8, Math.min(at.right + scrollX - bar.offsetWidth / 2, document.documentElement.clientWidth - bar.offsetWidth - 8))}px`;
    }, 120);
  });
  // Whoever opens the form, or comes to it with a place to choose, takes along what is selected.
  box.addEventListener("toggle", () => {
    if (box.open && picked && !field("quote").value.trim()) put(picked);
    if (!box.open) { CSS.highlights?.delete("chosen"); form.classList.remove("beside"); }
    align();
  });
  if (box.open && !field("body")) document.addEventListener("selectionchange", () => setTimeout(() => picked && !form.contains(document.activeElement) && put(picked), 200));
  // What somebody changes by hand is no selection any more.
  field("quote").addEventListener("input", (event) => { if (event.isTrusted) for (const name of ["prefix", "suffix", "start"]) field(name).value = ""; });
  if (form.querySelector(".keepnote")) box.open = true;
  form.addEventListener("change", (event) => event.target.name === "purpose" && form.scrollIntoView({ block: "nearest" })); // it grew
  document.addEventListener("keydown", (event) => {
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    let on = true;
    try { on = localStorage.getItem("keys") !== "off"; } catch { /* no storage: keys stay on */ }
    const chosen = on && look();
    if (!chosen) return;
    event.preventDefault();
    picked = chosen;
    begin();
  });
}

// ---- answers

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-answer]");
  const template = document.getElementById("answer-form");
  const gap = link && document.getElementById(`reply-${link.dataset.answer}`);
  if (!gap || !template || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!gap.firstElementChild) {
    const fresh = document.importNode(template.content, true);
    const area = fresh.querySelector("textarea");
    fresh.querySelector("[name=reply_to]").value = link.dataset.answer;
    fresh.querySelector("[name=once]").value = crypto.randomUUID?.() ?? String(Math.random());
    area.id = `answer-${link.dataset.answer}`;
    fresh.querySelector("label").htmlFor = area.id;
    gap.append(fresh);
  }
  gap.querySelector("textarea").focus();
  align();
});

// ---- live: what others say appears at its place; nothing moves under the eye, and what is typed or selected stays

const room = text?.dataset.wordsOf ?? form?.dataset.room;
const source = text?.dataset.src ?? form?.dataset.src; // of a wiki page the words and the margin, of others the words alone
let timer = 0;
let late = false;

document.addEventListener("live", ({ detail }) => {
  if (!room || !source || (detail.on ?? detail.object) !== room || !/^comment\./.test(detail.verb ?? "")) return;
  timer ||= setTimeout(() => { timer = 0; renew(); }, 300 + 700 * Math.random());
});

async function renew() {
  let part;
  try {
    part = await fragment(source);
  } catch {
    return; // the next pointer, or a reload, brings it
  }
  const words = part.querySelector(".prose");
  if (!words || !text) return;
  late = false;
  remark(words);
  const fresh = part.getElementById("notes");
  if (!notes || !fresh) return;
  const come = replaceNotes(fresh);
  for (const selector of [".sect-head .count", ".mfilter"]) {
    const mine = margin.querySelector(selector);
    const theirs = part.querySelector(`.margin ${selector}`);
    if (mine && theirs && !mine.contains(document.activeElement)) {
      theirs.querySelectorAll("input").forEach((input) => (input.checked = document.getElementById(input.id)?.checked ?? input.checked));
      if (mine.textContent !== theirs.textContent) mine.replaceWith(document.importNode(theirs, true));
    } else if (!mine && theirs && selector === ".sect-head .count") margin.querySelector(".sect-head h2").append(" ", document.importNode(theirs, true));
  }
  document.dispatchEvent(new Event("parts"));
  align();
  if (come) announce(said.fresh ?? "");
}

/** New marks in the same words. While something in them is selected or focused they wait. */
function remark(words) {
  if (read(words).whole !== read(text).whole) return; // the text was changed: its marks come with it
  const selection = getSelection();
  if (text.contains(document.activeElement) || (!selection.isCollapsed && text.contains(selection.anchorNode))) {
    if (!late) document.addEventListener("selectionchange", () => setTimeout(renew, 500), { once: true });
    late = true;
    return;
  }
  if (words.innerHTML !== text.innerHTML) text.replaceChildren(...[...words.childNodes].map((node) => document.importNode(node, true)));
}

function replaceNotes(fresh) {
  let come = 0;
  const wanted = [...fresh.querySelectorAll(":scope > .mnote")];
  const busy = (note) => note.contains(document.activeElement) || [...note.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
  for (const note of notes.querySelectorAll(":scope > .mnote")) if (!fresh.querySelector(`#${CSS.escape(note.id)}`) && !busy(note)) note.remove();
  let before = null;
  for (const note of wanted) {
    const mine = document.getElementById(note.id);
    if (mine && busy(mine)) {
      before = mine;
      continue;
    }
    const made = document.importNode(note, true);
    if (mine) {
      if (mine.open) made.open = true;
      mine.remove();
    } else come += 1;
    if (before) before.after(made); else notes.prepend(made);
    before = made;
  }
  return come;
}

if (notes) {
  document.fonts.ready.then(align);
  addEventListener("resize", align);
  document.addEventListener("parts", align);
  document.addEventListener("toggle", (event) => event.target.matches?.(".mnote, .margin details") && align(), true);
  document.addEventListener("change", (event) => event.target.matches?.(".mfilter input") && align());
}
// An address that names a comment leads to it, also into the sheet of a narrow window.
if (/^#comment-\d+$/.test(location.hash) && margin?.querySelector(location.hash)) toNote(location.hash.slice(1));
// A form that was refused, or that asks for words, is open when the page comes: in a narrow window within the sheet.
if (box?.open && margin?.contains(form) && !wide.matches) margin.showPopover?.();
if (!wide.matches && notes?.querySelector(".mreply form")) { margin.showPopover?.(); notes.querySelector(".mreply textarea").focus(); }
