// Several people write one text at once: a Yjs document behind a plain textarea, its updates over our socket (blueprints/together.py).
//
// The document begins with the words of one revision, put in by the same update in every browser, so that they are there once. What
// is typed without a connection waits here and comes together with the rest when the connection is back. Where that cannot be, the
// form is an ordinary one again, and saving merges.

import { announce, fill, make } from "./app.js";
import { socket } from "./live.js";
import * as Y from "../vendor/yjs/yjs.min.js";

const LOCAL = "local", REMOTE = "remote", SEED = "seed"; // where a change comes from
const FLUSH = 150, SPACE = 120, CURSOR = 400, DRAIN = 40; // milliseconds
const PIECE = 1_200, LARGEST = 4_200; // characters of one insertion, bytes of one message
const list = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });
const toText = (bytes) => { let text = ""; for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192)); return btoa(text); };
const toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const isLow = (text, at) => at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00; // within a pair that is one sign

/** One change from `old` to `text`, as [place, removed, inserted]; `end` is where what was typed ends. */
export function changeOf(old, text, end = text.length) {
  let after = 0;
  const most = Math.min(old.length, text.length, Math.max(0, text.length - end));
  while (after < most && old[old.length - 1 - after] === text[text.length - 1 - after]) after += 1;
  let before = 0;
  while (before < Math.min(old.length, text.length) - after && old[before] === text[before]) before += 1;
  if (isLow(old, before) || isLow(text, before)) before -= 1;
  while (after > 0 && (isLow(old, old.length - after) || isLow(text, text.length - after))) after -= 1;
  return [before, old.length - before - after, text.slice(before, text.length - after)];
}

/** The changes from one text to another line by line, the last first, so that what others wrote between them stays where it is. */
export function changesOf(old, text) {
  const one = old.split("\n"), two = text.split("\n");
  let start = 0, end = 0;
  while (start < Math.min(one.length, two.length) && one[start] === two[start]) start += 1;
  while (end < Math.min(one.length, two.length) - start && one[one.length - 1 - end] === two[two.length - 1 - end]) end += 1;
  const a = one.slice(start, one.length - end), b = two.slice(start, two.length - end);
  const pairs = a.length * b.length > 400_000 ? [] : alike(a, b);
  const places = [0];
  for (const line of one) places.push(places.at(-1) + line.length + 1);
  const found = [];
  let i = 0, j = 0;
  for (const [x, y] of [...pairs, [a.length, b.length]]) {
    if (x > i || y > j) found.push([start + i, start + x, start + j, start + y]);
    i = x + 1; j = y + 1;
  }
  return found.reverse().map(([from, to, from2, to2]) => {
    // lines with their ends; the last line of a text has none, so there the end before it goes along
    const whole = (lines, first, last) => lines.slice(first, last).map((line) => `${line}\n`).join("");
    const last = to === one.length || to2 === two.length;
    if (!last) return within(places[from], whole(one, from, to), whole(two, from2, to2));
    const lead = from > 0 && from2 > 0 ? "\n" : "";
    const bare = (lines, first, end_) => (first < end_ ? lead + lines.slice(first, end_).join("\n") : "");
    if (!lead) return within(0, old.slice(0, places[to] - 1), text.slice(0, two.slice(0, to2).join("\n").length));
    return within(places[from] - 1, bare(one, from, to), bare(two, from2, to2));
  });
}
function within(place, old, text) {
  const [before, removed, inserted] = changeOf(old, text);
  return [place + before, removed, inserted];
}
function alike(a, b) {
  const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) for (let j = b.length - 1; j >= 0; j -= 1) best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (best[i + 1][j] >= best[i][j + 1]) i += 1; else j += 1;
  }
  return pairs;
}

/** A document that begins with the words of a revision: the same bytes wherever it is made. */
export function begun(text) {
  const first = new Y.Doc();
  first.clientID = 1;
  first.getText("body").insert(0, text);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(first), SEED);
  return doc;
}

export function writeTogether(form, { said, soon, note, unsay, stands }) {
  const field = form.elements.body, base = form.elements.base;
  const page = Number(form.dataset.write);
  const line = form.querySelector("[data-editors]");
  const cursors = new Map(); // by the key of who it is
  let doc = null, body, undo, generation, token, seen = 0, joined = false, alone = false;
  let apart = false; // a draft stands in the field that the document does not know
  let shown = ""; // the words of the document, as the field shows them
  let composing = false;
  const held = []; // what came and is not in the document yet
  const known = []; // every update, for a server that has forgotten them
  const waiting = []; // our own that the server does not have yet
  const saves = []; // saved states that we do not wholly hold yet
  const early = []; // what came before the answer that lets us in
  const got = new Set(); // numbers of updates beyond `seen`
  const writers = new Set();
  let busy = false, timer = 0, drainTimer = 0, cursorTimer = 0, cursorSent = "null", cursorAt = 0;
  const overlay = new Overlay(field, cursors);

  // Whether all that is in the field is known to the others, for when this page is opened again: then no draft of it is put in twice.
  const memory = `write:${page}`;
  let clean = false;
  const remember = (now) => {
    if (clean === now) return;
    clean = now;
    try { sessionStorage.setItem(memory, JSON.stringify({ token, clean })); } catch { /* then saving merges */ }
  };
  const remembered = () => { try { return JSON.parse(sessionStorage.getItem(memory) ?? "{}"); } catch { return {}; } };
  const count = (number) => { got.add(number); while (got.delete(seen + 1)) seen += 1; };

  // ---- the field and the document

  const put = (place, removed, inserted) => {
    if (removed) doc.transact(() => body.delete(place, removed), LOCAL);
    for (let at = 0; at < inserted.length;) {
      let end = Math.min(at + PIECE, inserted.length);
      if (isLow(inserted, end)) end += 1;
      const piece = inserted.slice(at, end);
      doc.transact(() => body.insert(place + at, piece), LOCAL);
      at = end;
    }
  };
  function typed() {
    if (!doc || composing || apart || field.value === shown) return;
    const text = field.value;
    put(...changeOf(shown, text, field.selectionEnd));
    shown = text;
    point();
  }
  function drawn(event) {
    if (apart || event.transaction.origin === LOCAL || event.transaction.origin === SEED) return;
    let { selectionStart: start, selectionEnd: end } = field;
    const { selectionDirection, scrollTop } = field;
    let at = 0, last = 0;
    for (const { retain = 0, insert = "", delete: gone = 0 } of event.delta) {
      at += retain;
      if (insert) {
        if (at < start) start += insert.length;
        if (at < end) end += insert.length;
        at += insert.length;
      }
      if (gone) {
        start -= Math.max(0, Math.min(gone, start - at));
        end -= Math.max(0, Math.min(gone, end - at));
      }
      if (insert || gone) last = at;
    }
    shown = body.toString();
    field.value = shown;
    if (event.transaction.origin === undo) start = end = last;
    const active = document.activeElement === field;
    field.setSelectionRange(start, end, selectionDirection);
    field.scrollTop = scrollTop;
    if (active && event.transaction.origin === undo) { soon(); point(); }
    overlay.draw();
  }
  const take = (update, by) => { held.push([update, by]); drainTimer ||= setTimeout(drain, DRAIN); };
  /** Put in what came, all of it as one change of the field. */
  function drain() {
    clearTimeout(drainTimer);
    drainTimer = 0;
    if (composing || !doc || !held.length) return;
    typed(); // what stands in the field goes first
    doc.transact(() => {
      for (const [update, by] of held.splice(0)) {
        try { Y.applyUpdate(doc, toBytes(update), REMOTE); } catch { continue; } // not an update
        known.push(update);
        if (by) writers.add(by);
      }
    }, REMOTE);
    checkSaves();
  }

  // ---- the server

  const ask = (what, more, answered) => socket.timeout(10_000).emit(`write.${what}`, { page, ...more }, answered);
  function join() {
    if (alone) return;
    joined = false;
    ask("join", doc ? { generation, token, after: seen } : {}, (lost, answer) => {
      if (lost) return void (socket.connected && setTimeout(join, 2_000));
      if (answer?.retry) return void setTimeout(join, 1_000 * answer.retry * (1 + Math.random()));
      if (!answer?.ok) return void goAlone();
      if (!doc) begin(answer);
      const again = token !== answer.token;
      if (again && token) waiting.unshift(...known.map(toBytes)); // it has forgotten, or another one answers
      token = answer.token;
      if (again) { seen = 0; got.clear(); clean = null; remember(false); }
      for (const [number, update, by] of answer.updates) { take(update, by); seen = Math.max(seen, number); }
      for (const told of early.splice(0)) heard(told);
      drain();
      if (answer.more) return void join();
      cursors.clear();
      for (const told of answer.cursors) cursors.set(told.key, told);
      if (answer.saved) saved({ revision: answer.saved[0], state: answer.saved[1] });
      if (apart) void bringTogether(); else enter();
    });
  }
  function enter() {
    joined = true;
    busy = false;
    unsay("cut");
    form.toggleAttribute("data-together", true);
    tell();
    cursorSent = "";
    point();
    checkSaves();
    if (!waiting.length && field.value === shown) remember(true);
    flush();
  }
  function begin(answer) {
    const mine = field.value, own = Number(base.value) === answer.generation;
    const back = form.hasAttribute("data-own"); // what was sent came back, perhaps with more in it
    const draft = back || form.querySelector(".keepnote"), last = remembered();
    const fresh = !draft && mine === field.defaultValue; // nothing of one's own yet
    const begins = own && !draft && field.defaultValue === answer.text; // one has begun to type meanwhile
    const there = !back && last.token === answer.token && last.clean; // opened again: the others have it all
    const first = own && !answer.updates.length;
    if (!fresh && !begins && !there && !first) apart = true;
    if (there) form.querySelectorAll(".keepnote").forEach((node) => node.remove());
    generation = answer.generation;
    doc = begun(answer.text);
    body = doc.getText("body");
    undo = new Y.UndoManager(body, { trackedOrigins: new Set([LOCAL]) });
    doc.on("update", (update, origin) => { if (origin !== REMOTE && origin !== SEED) { waiting.push(update); remember(false); later(); } });
    if ((begins || first) && !there && mine !== answer.text) for (const change of changesOf(answer.text, mine)) put(...change);
    undo.clear();
    shown = body.toString();
    if (!apart) takeOver();
    body.observe(drawn);
  }
  function takeOver() {
    base.value = generation;
    if (field.value !== shown) field.value = shown;
  }
  /** A draft and what the others write now: merged by the server, as a save would be. Without a clean merge one goes on alone. */
  async function bringTogether() {
    const mine = field.value;
    field.readOnly = true;
    try {
      for (let tries = 0; tries < 5; tries += 1) {
        const theirs = body.toString();
        const data = new FormData(form);
        data.set("theirs", theirs);
        const answer = await fetch("/drafts/pages/merge", { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
        const { text } = answer.ok ? await answer.json() : {};
        if (alone || typeof text !== "string" || field.value !== mine) break;
        drain();
        if (body.toString() !== theirs) continue; // they went on meanwhile
        form.querySelectorAll(".keepnote").forEach((node) => node.remove());
        apart = false;
        for (const change of changesOf(theirs, text)) put(...change);
        shown = body.toString();
        takeOver();
        return enter();
      }
      goAlone();
    } catch {
      goAlone();
    } finally {
      field.readOnly = false;
    }
  }
  const later = () => { timer ||= setTimeout(() => { timer = 0; flush(); }, FLUSH); };
  function flush(then) {
    if (alone || !joined || busy || !waiting.length) return void then?.();
    let size = 0, many = 0;
    while (many < waiting.length && (!many || size + waiting[many].length <= LARGEST)) size += waiting[many++].length;
    const some = waiting.slice(0, many);
    const update = toText(many > 1 ? Y.mergeUpdates(some) : some[0]);
    busy = true;
    ask("update", { update, cursor: place() }, (lost, answer) => {
      busy = false;
      if (lost) return void (socket.connected && join());
      if (answer?.retry) return void setTimeout(flush, 1_000 * answer.retry, then);
      if (answer?.full) return void goAlone();
      if (!answer?.ok) return void join();
      waiting.splice(0, many);
      known.push(update);
      if (answer.n) count(answer.n);
      if (!waiting.length && field.value === shown) remember(true);
      if (waiting.length) setTimeout(flush, SPACE, then); else then?.();
    });
  }
  function heard(told) {
    if (told.page !== page || alone) return;
    if (!doc) return void early.push(told);
    if (told.what === "update") { count(told.n); take(told.update, told.by); }
    if (told.what === "cursor") { const fresh = !cursors.has(told.key); cursors.set(told.key, told); if (fresh) tell(); overlay.draw(); }
    if (told.what === "left") { cursors.delete(told.key); tell(); overlay.draw(); }
    if (told.what === "saved") saved(told);
    if (told.what === "over") { note("gone"); goAlone(); soon(); }
  }
  function saved({ revision, state }) {
    stands(revision);
    if (state) saves.push([revision, Y.decodeStateVector(toBytes(state))]);
    checkSaves();
  }
  /** Our words are based on a saved revision once all that was saved in it is here. */
  function checkSaves() {
    if (!saves.length || held.length || apart) return;
    const have = Y.decodeStateVector(Y.encodeStateVector(doc));
    for (const [revision, state] of saves.splice(0)) {
      if (![...state].every(([client, clock]) => (have.get(client) ?? 0) >= clock)) { saves.push([revision, state]); continue; }
      if (revision <= Number(base.value)) continue;
      base.value = revision;
      field.defaultValue = shown;
      writers.clear();
      stands(revision);
      soon();
    }
  }
  function goAlone() {
    if (alone) return false;
    alone = true;
    joined = false;
    ask("leave", {}, () => {});
    cursors.clear();
    overlay.draw();
    form.removeAttribute("data-together");
    line.textContent = "";
    note("alone", "");
    return false;
  }

  // ---- who else

  function tell() {
    const names = [...new Set([...cursors.values()].map(({ name }) => name))];
    const text = names.length ? fill(said.with, { names: list.format(names) }) : "";
    if (line.textContent !== text) { line.textContent = text; if (text) announce(text); }
  }
  function place() {
    if (!doc || document.activeElement !== field) return null;
    const at = (index) => toText(Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(body, Math.min(index, body.length))));
    const back = field.selectionDirection === "backward";
    const pair = [at(field.selectionStart), at(field.selectionEnd)];
    return back ? pair.reverse() : pair;
  }
  function point() {
    if (cursorTimer || !joined) return;
    cursorTimer = setTimeout(() => {
      cursorTimer = 0;
      if (!joined || waiting.length) return; // it goes along with the next words
      const cursor = place();
      const sign = JSON.stringify(cursor);
      if (sign === cursorSent) return;
      cursorSent = sign;
      cursorAt = performance.now();
      ask("cursor", { cursor }, () => {});
    }, Math.max(0, CURSOR - (performance.now() - cursorAt)));
  }
  overlay.where = (told) => {
    if (!doc || !told.cursor) return null;
    try {
      const places = told.cursor.map((text) => Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(toBytes(text)), doc)?.index);
      return places.every(Number.isInteger) ? places : null;
    } catch { return null; }
  };

  // ---- what happens here

  field.addEventListener("input", typed);
  field.addEventListener("compositionstart", () => { composing = true; });
  field.addEventListener("compositionend", () => { composing = false; typed(); drain(); });
  form.addEventListener("reset", () => setTimeout(typed));
  const step = (back) => { typed(); if (back) undo.undo(); else undo.redo(); };
  field.addEventListener("beforeinput", (event) => {
    if (!doc || alone || !event.inputType.startsWith("history")) return;
    event.preventDefault();
    step(event.inputType === "historyUndo");
  });
  field.addEventListener("keydown", (event) => {
    if (!doc || alone || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && !(key === "y" && event.ctrlKey)) return;
    event.preventDefault();
    step(key === "z" && !event.shiftKey);
  });
  document.addEventListener("selectionchange", () => document.activeElement === field && point());
  field.addEventListener("blur", point);
  socket.on("connect", join);
  socket.on("disconnect", () => { if (alone || !doc) return; joined = false; cursors.clear(); tell(); overlay.draw(); note("cut"); });
  socket.on("together", heard);
  document.addEventListener("live", ({ detail }) => { if (detail.object === `page:${page}` && detail.verb === "page.deleted") { note("gone"); goAlone(); soon(); } });
  addEventListener("pagehide", () => { if (socket.connected && !alone) socket.emit("write.leave", { page }); }, { capture: true });

  // What is saved carries who wrote along, and tells the others which state it is, so that their next save builds on it.
  let ready = false;
  form.addEventListener("submit", (event) => {
    if (ready || alone || !joined || event.defaultPrevented) { ready = false; return; }
    event.preventDefault();
    const button = event.submitter;
    button?.setAttribute("aria-busy", "true");
    let sent = false;
    const send = () => {
      if (sent) return;
      sent = ready = true;
      form.querySelectorAll("input[name=along]").forEach((input) => input.remove());
      for (const handle of [...writers].slice(0, 20)) form.append(make("input", { type: "hidden", name: "along", value: handle }));
      form.requestSubmit(button);
    };
    setTimeout(send, 1_500); // whatever the connection does
    drain();
    typed();
    flush(async () => {
      const state = toText(Y.encodeStateVector(doc));
      const words = new TextEncoder().encode(field.value);
      const hash = globalThis.crypto?.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", words)) : null;
      if (!hash) return send();
      ask("saving", { state, digest: [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("") }, send);
    });
  });
  form.addEventListener("formdata", ({ formData }) => { if (joined) formData.set("together", "1"); });

  if (socket.connected) join();
}

// The others' cursors and what they selected, drawn over the field, each with a name. Nothing here can be clicked or is read aloud.
class Overlay {
  constructor(field, cursors) {
    this.field = field;
    this.cursors = cursors;
    this.where = () => null;
    this.asked = false;
    this.box = make("div", { className: "cobox" });
    this.mirror = make("div", { className: "comirror" });
    this.marks = make("div", { className: "comarks" });
    this.box.setAttribute("aria-hidden", "true");
    this.box.append(this.mirror, this.marks);
    field.parentElement.classList.add("cofield");
    field.after(this.box);
    field.addEventListener("scroll", () => this.draw());
    field.addEventListener("input", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(field);
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => { this.asked = false; this.paint(); });
  }

  paint() {
    const { field, mirror, box, marks } = this;
    const seen = [...this.cursors.values()].map((told) => [told, this.where(told)]).filter(([, places]) => places);
    box.hidden = !seen.length;
    if (!seen.length) return void marks.replaceChildren();
    const style = getComputedStyle(field);
    for (const name of ["fontFamily", "fontSize", "fontWeight", "fontStyle", "lineHeight", "letterSpacing", "wordSpacing", "tabSize", "textIndent", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "direction"]) mirror.style[name] = style[name];
    const frame = { left: parseFloat(style.borderLeftWidth), top: parseFloat(style.borderTopWidth) };
    Object.assign(box.style, { left: `${field.offsetLeft + frame.left}px`, top: `${field.offsetTop + frame.top}px`, width: `${field.clientWidth}px`, height: `${field.clientHeight}px` });
    mirror.style.width = `${field.clientWidth}px`;
    const text = `${field.value}\u200b`;
    if (mirror.textContent !== text) mirror.textContent = text;
    const node = mirror.firstChild, home = mirror.getBoundingClientRect(), up = field.scrollTop;
    const range = document.createRange();
    const fresh = [];
    for (const [{ name, handle }, [anchor, head]] of seen) {
      const hue = String([...handle].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6);
      const add = (className, rect, ...inner) => {
        const mark = make("span", { className }, ...inner);
        mark.dataset.hue = hue;
        Object.assign(mark.style, { left: `${rect.left - home.left}px`, top: `${rect.top - home.top - up}px`, height: `${rect.height}px`, width: rect.width ? `${rect.width}px` : "" });
        if (rect.top - home.top - up < 18) mark.dataset.below = ""; // no room for a name above the first line
        if (rect.left - home.left > field.clientWidth * 0.6) mark.dataset.back = "";
        fresh.push(mark);
      };
      const [start, end] = [Math.min(anchor, head), Math.max(anchor, head)].map((place) => Math.min(place, text.length - 1));
      if (start < end) {
        range.setStart(node, start);
        range.setEnd(node, end);
        for (const rect of [...range.getClientRects()].slice(0, 200)) add("coselect", rect);
      }
      range.setStart(node, Math.min(head, text.length - 1));
      range.setEnd(node, Math.min(head + 1, text.length));
      const [rect] = range.getClientRects();
      if (rect) add("cocaret", { left: rect.left, top: rect.top, height: rect.height, width: 0 }, make("b", { textContent: name }));
    }
    marks.replaceChildren(...fresh);
  }
}
