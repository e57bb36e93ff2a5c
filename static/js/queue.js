// Files on their way, kept in this browser until they are there: over lost lines, closed laptops and page changes.
//
//   add(files, where)       files [{file, name, dir}], where {space, way, audience, note, base}; `way` is that of the folder from the top
//   items                   what is on its way, by id, in the order in which it was chosen
//   pause(id), resume(id), stop(id), settle(id, how, all), rename(id, name), again(id)
//   `queue` events on the document: {id} when something changed, {sent: item} when a file arrived
//
// What waits is a record in IndexedDB, its bytes beside it where they fit. Several pages may be open: a lock for each file says
// which of them sends it. The server says where to go on (tus 1.0.0), so a record holds its address there and no more.

import { Upload } from "../vendor/tus/tus.min.js";

const CALL = "/api/v1/uploads";
const AT_ONCE = 3;
const PIECE = 8 * 1024 * 1024; // bytes a request: what a proxy that collects requests can lose
const DELAYS = [0, 1000, 3000, 5000, 10_000, 20_000]; // milliseconds
const LARGEST_HELD = 2e9; // bytes: a larger file is not copied into the browser's own storage
const person = document.documentElement.dataset.person;
const flag = `sending:${person}`;
const channel = new BroadcastChannel(flag);
const files = new Map(); // those that this page was given
const running = new Map(); // id -> its upload here
const folders = new Map(); // "space/way" -> the promise of the way of a folder that was made

export const items = new Map();
const token = () => document.querySelector("[name=csrf_token]")?.value ?? "";
const tell = (detail) => document.dispatchEvent(new CustomEvent("queue", { detail }));

// ---- what is kept in the browser

const shelf = new Promise((found) => {
  let asked;
  try { asked = indexedDB.open(flag, 1); } catch { return found(null); }
  asked.onupgradeneeded = () => { asked.result.createObjectStore("items", { keyPath: "id" }); asked.result.createObjectStore("bytes"); };
  asked.onsuccess = () => found(asked.result);
  asked.onerror = asked.onblocked = () => found(null); // then a file waits as long as this page is open
});

async function inside(store, mode, work) {
  const open = await shelf;
  if (!open) return undefined;
  return new Promise((done) => {
    const turn = open.transaction(store, mode);
    const asked = work(turn.objectStore(store));
    turn.oncomplete = () => done(asked.result);
    turn.onerror = turn.onabort = () => done(undefined);
  });
}

async function save(item) {
  items.set(item.id, item);
  tell({ id: item.id });
  await inside("items", "readwrite", (store) => store.put(item));
  channel.postMessage({ id: item.id });
  mark();
}

async function forget(item, silent = false) {
  files.delete(item.id);
  await inside("items", "readwrite", (store) => store.delete(item.id));
  await inside("bytes", "readwrite", (store) => store.delete(item.id));
  channel.postMessage({ id: item.id });
  if (!silent) { items.delete(item.id); tell({ id: item.id }); }
  mark();
}

/** Other pages look for what waits only where this says that something does. */
function mark() {
  const waits = [...items.values()].some((item) => item.state !== "done");
  try { if (waits) localStorage.setItem(flag, "yes"); else localStorage.removeItem(flag); } catch { /* then only pages with files look */ }
}

async function hold(item, file) {
  const room = await navigator.storage?.estimate?.().catch(() => null);
  if (file.size > LARGEST_HELD || (room && file.size > (room.quota - room.usage) / 2)) return;
  item.held = Boolean(await inside("bytes", "readwrite", (store) => store.put(file, item.id)));
  if (items.has(item.id) && item.state !== "done") save(item); else forget(item, true);
}

async function bytesOf(item) {
  const file = files.get(item.id) ?? (item.held ? await inside("bytes", "readonly", (store) => store.get(item.id)) : undefined);
  if (!(file instanceof Blob)) return undefined;
  try { await file.slice(0, 1).arrayBuffer(); } catch { return undefined; } // it was moved or changed on its disk
  return file;
}

// ---- coming in

const same = (item, file) => item.size === file.size && item.name0 === file.name && item.modified === (file.lastModified ?? 0);

/** Take files in. One that waits to be chosen again goes on from where it was. */
export async function add(chosen, where) {
  await opened;
  const batch = crypto.randomUUID();
  const lost = [...items.values()].filter((item) => item.state === "lost");
  for (const { file, name, dir } of chosen) {
    const waiting = lost.find((item) => same(item, file));
    if (waiting) {
      files.set(waiting.id, file);
      Object.assign(waiting, { state: "waiting", held: false });
      await save(waiting);
      hold(waiting, file);
      continue;
    }
    const item = {
      id: crypto.randomUUID(), batch, name: name ?? file.name, name0: file.name, dir: dir ?? "", size: file.size, modified: file.lastModified ?? 0,
      space: where.space, way: where.way ?? "", audience: where.audience ?? "", note: where.note ?? "", base: where.base === undefined ? "" : where.base,
      url: null, sent: 0, state: "waiting", held: false, choice: "", number: 1, at: Date.now() + items.size,
    };
    files.set(item.id, file);
    await save(item);
    hold(item, file);
  }
  work();
}

/** The way of the folder in which an item belongs; what was dropped as a tree of folders gets its tree first. */
async function folderOf(item) {
  if (!item.dir) return item.way;
  const way = item.way ? `${item.way}/${item.dir}` : item.dir;
  const key = `${item.space}/${way}`;
  if (!folders.has(key)) folders.set(key, makeWay(item, way).catch((fault) => { folders.delete(key); throw fault; }));
  return folders.get(key);
}

async function makeWay(item, way) {
  const form = new FormData();
  form.set("csrf_token", token());
  form.set("way", way);
  if (item.audience) form.set("audience", item.audience);
  const answer = await fetch(`/spaces/${item.space}/files-way`, { method: "POST", body: form, headers: { Accept: "application/json", "X-Fragment": "1" }, credentials: "same-origin" });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(told.detail), { told, status: answer.status });
  return told.way;
}

// ---- sending

const ready = (item) => item.state === "waiting" || item.state === "sending" || item.state === "finishing" || (item.state === "offline" && navigator.onLine && Date.now() >= (item.next ?? 0));

let turning = false;
/** Begin what can begin, three at a time in the order in which they were chosen. */
export async function work() {
  if (turning) return;
  turning = true;
  for (const item of [...items.values()].sort((one, other) => one.at - other.at)) {
    if (running.size >= AT_ONCE) break;
    if (ready(item) && !running.has(item.id)) await claim(item);
  }
  turning = false;
}

/** Send an item unless another page does. Comes back when it began, or did not. */
function claim(item) {
  return new Promise((began) => {
    navigator.locks.request(`${flag}:${item.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return began();
      const stands = await inside("items", "readonly", (store) => store.get(item.id));
      if (stands) Object.assign(item, stands, { sent: Math.max(item.sent, stands.sent) });
      else if (await shelf && !files.has(item.id)) { items.delete(item.id); tell({ id: item.id }); return began(); }
      if (!ready(item)) return began();
      running.set(item.id, null);
      began();
      try { await (item.state === "finishing" ? follow(item) : send(item)); } catch (fault) { await refused(item, fault.status ?? 0, fault.told ?? {}); }
      running.delete(item.id);
    }).then(() => setTimeout(work), began);
  });
}

async function send(item) {
  const file = await bytesOf(item);
  if (!file) return save(Object.assign(item, { state: "lost" }));
  const folder = await folderOf(item);
  if (!ready(item)) return undefined; // somebody paused it meanwhile
  await save(Object.assign(item, { state: "sending", fault: null }));
  const words = { filename: item.name, filetype: file.type, space: item.space };
  if (folder) words.folder = folder;
  if (item.audience) words.audience = item.audience;
  if (item.note) words.note = item.note;
  if (item.base !== null) words.base = item.base;
  const end = await new Promise((over) => {
    const upload = new Upload(file, {
      endpoint: CALL, uploadUrl: item.url, metadata: words, chunkSize: PIECE, retryDelays: DELAYS, storeFingerprintForResuming: false,
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", token()),
      onUploadUrlAvailable: () => { if (item.url !== upload.url) { item.url = upload.url; save(item); } },
      onProgress: (sent) => { item.sent = sent; tell({ id: item.id, far: true }); channel.postMessage({ id: item.id, sent }); },
      onShouldRetry: ({ originalRequest: request, originalResponse: answer }) => {
        const status = answer?.getStatus() ?? 0;
        return navigator.onLine && (!status || status >= 500 || status === 423 || status === 460 || (status === 409 && request.getMethod() === "PATCH"));
      },
      onSuccess: () => over({}),
      onError: (fault) => over({ fault }),
    });
    running.set(item.id, { stop: () => { upload.abort().catch(() => {}); over({ stopped: true }); } });
    upload.start();
  });
  if (end.stopped) return undefined;
  if (!end.fault) return follow(item);
  const answer = end.fault.originalResponse;
  let told = {};
  try { told = JSON.parse(answer?.getBody() ?? "{}"); } catch { /* a page of a proxy */ }
  return refused(item, answer?.getStatus() ?? 0, told, end.fault.originalRequest?.getMethod() ?? "");
}

/** All bytes are there: ask until they are a file. */
async function follow(item) {
  for (;;) {
    const answer = await fetch(item.url, { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
    const told = await answer?.json().catch(() => ({}));
    if (!answer || answer.status >= 500) return refused(item, 0, {});
    if (!answer.ok) return refused(item, answer.status, told);
    if (told.state === "done") return arrived(item, told.file);
    if (told.state === "failed") return refused(item, told.failure.kind === "conflict" ? 409 : 422, told.failure, "finish");
    if (told.state === "sending") return save(Object.assign(item, { state: "waiting" }));
    if (item.state !== "finishing") await save(Object.assign(item, { state: "finishing", sent: item.size }));
    await new Promise((later) => setTimeout(later, 1500));
  }
}

async function arrived(item, file) {
  Object.assign(item, { state: "done", sent: item.size, file });
  items.set(item.id, item);
  await forget(item, true);
  tell({ id: item.id, sent: item });
}

/** What did not go: a line that dropped is tried again, a name that is taken is asked about, all else is told. */
async function refused(item, status, told, method = "") {
  if (!items.has(item.id)) return undefined;
  if (!status || status >= 500 || status === 423 || status === 429) {
    item.tries = (item.tries ?? 0) + 1;
    const pause = Math.min(60_000, 2000 * 2 ** Math.min(item.tries, 5));
    setTimeout(work, pause + 50);
    return save(Object.assign(item, { state: "offline", next: Date.now() + pause }));
  }
  item.tries = 0;
  if (told.kind === "lost" || status === 410) return save(Object.assign(item, { url: null, sent: 0, state: "waiting" }));
  const asks = (status === 409 || status === 412) && item.base === "" && method !== "PATCH";
  await save(Object.assign(item, { state: asks ? "asks" : "failed", whole: method === "finish", fault: { status, field: told.field ?? "", detail: told.detail ?? "" } }));
  if (asks && item.choice) await settle(item.id, item.choice);
  return undefined;
}

// ---- what people decide

function halt(item) {
  running.get(item.id)?.stop();
}

export function pause(id) {
  const item = items.get(id);
  item.state = "paused";
  halt(item);
  return save(item);
}

/** Go on: after a pause, a dropped line, a refusal that somebody saw to. */
export async function again(id) {
  const item = items.get(id);
  if (item.whole) return finish(item, {});
  await save(Object.assign(item, { state: "waiting", next: 0, fault: null }));
  return work();
}

export async function stop(id) {
  const item = items.get(id);
  item.state = "stopped";
  halt(item);
  items.delete(id);
  await forget(item);
  if (item.url) fetch(item.url, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": token() }, credentials: "same-origin" }).catch(() => {});
  work();
}

/** `name (2).ext`, then 3 and on. */
function numbered(item) {
  item.number += 1;
  const dot = item.name0.lastIndexOf(".");
  const [stem, end] = dot > 0 ? [item.name0.slice(0, dot), item.name0.slice(dot)] : [item.name0, ""];
  return `${stem} (${item.number})${end}`;
}

/** A name is there already: `how` is "next" (the next version) or "both". With `all` it holds for the rest that was chosen with it. */
export async function settle(id, how, all = false) {
  const item = items.get(id);
  const rest = all ? [...items.values()].filter((one) => one.batch === item.batch && one.state !== "done") : [item];
  for (const one of rest) {
    if (all || how === "both") one.choice = how; // the next name may be in use as well
    if (one.state !== "asks" && one !== item) { await save(one); continue; }
    if (how === "next") one.base = null; else one.name = numbered(one);
    if (one.whole) { await finish(one, how === "next" ? { next_version: true } : { name: one.name }); continue; }
    await save(Object.assign(one, { state: "waiting", fault: null }));
  }
  return work();
}

export async function rename(id, name) {
  const item = items.get(id);
  Object.assign(item, { name, name0: name, number: 1 });
  if (item.whole) return finish(item, { name });
  await save(Object.assign(item, { state: "waiting", fault: null }));
  return work();
}

/** Its bytes are all there: only how it is to be finished was missing. */
async function finish(item, how) {
  await save(Object.assign(item, { fault: null }));
  const answer = await fetch(`${item.url}/finish`, { method: "POST", body: JSON.stringify(how), headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, credentials: "same-origin" }).catch(() => null);
  const told = await answer?.json().catch(() => ({}));
  if (!answer?.ok) return refused(item, answer?.status ?? 0, told ?? {}, "finish");
  await save(Object.assign(item, { state: "finishing", whole: false }));
  return work();
}

/** Whether leaving for good now would break something off that this browser could not go on with by itself. */
export const atRisk = () => [...items.values()].some((item) => item.state === "sending" && !item.held && files.has(item.id));

// ---- other pages of this browser

channel.addEventListener("message", async ({ data }) => {
  const item = items.get(data.id);
  if ("sent" in data) {
    if (item && !running.has(data.id)) { item.sent = data.sent; tell({ id: data.id, far: true }); }
    return;
  }
  const stands = await inside("items", "readonly", (store) => store.get(data.id));
  if (stands) {
    if (item) Object.assign(item, stands); else items.set(data.id, stands);
    if (["paused", "stopped"].includes(stands.state)) halt(stands);
  } else if (item) {
    item.state === "done" || items.delete(data.id);
    halt(item);
  }
  tell({ id: data.id });
});
addEventListener("online", () => { for (const item of items.values()) item.next = 0; work(); });
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && work());
setInterval(() => items.size && work(), 5000); // a page that was sending may have been closed

/** On signing out nothing of what was chosen stays in this browser. */
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) for (const id of [...items.keys()]) stop(id);
});

/** What waited when this page opened is in `items`. */
export const opened = inside("items", "readonly", (store) => store.getAll()).then((known) => {
  for (const item of (known ?? []).sort((one, other) => one.at - other.at)) if (!items.has(item.id)) items.set(item.id, item);
  mark();
  tell({});
  work();
});
