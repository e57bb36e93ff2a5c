// What happens elsewhere, announced quietly. A live message is only a pointer; the words come through the normal door.
//
//   <div data-room="space:bridge" data-live="top" data-src="/spaces/bridge">     new posts wait behind "3 new: show"
//   <div data-room="space:bridge" data-live="end" data-src="/spaces/bridge/posts/12">   comments appear at their place
//   data-after="981"    the last entry of the log that the page knows; without it the server's answer to `watch` counts
//
// `data-src` is fetched with the header X-Fragment and answers the same list alone. Things are told apart by their id
// attribute: the pointer "post:12" is the element #post-12. Every pointer is also a `live` event on the document, with the
// pointer as its detail, and a room that is watched a `watching` event: other modules listen there. Who is here: presence.js.

import { announce, fill, fragment, make, toast, words } from "./app.js";
import { begin } from "./presence.js";
import { io } from "../vendor/socket.io/socket.io.esm.min.js";

const places = [...document.querySelectorAll("[data-room]")].map((node) => ({ node, waiting: new Set(), many: false, bar: null, timer: 0 }));
const rooms = new Map(places.map(({ node }) => [node.dataset.room, Number(node.dataset.after) || null]));
const elementId = (object) => String(object).replace(":", "-");
const known = (id) => document.getElementById(id) !== null;

export const socket = io({ transports: ["websocket"], reconnectionDelay: 500 + 1500 * Math.random(), reconnectionDelayMax: 30_000, randomizationFactor: 0.7 });

function watch(room) {
  const after = rooms.get(room);
  socket.timeout(10_000).emit("watch", after === null ? { room } : { room, after }, (lost, answer) => {
    if (lost) return void socket.disconnect().connect();
    if (!answer?.ok) return void (answer?.retry ? setTimeout(watch, 1000 * answer.retry * (1 + Math.random()), room) : rooms.delete(room));
    for (const pointer of answer.missed ?? []) heard(pointer);
    rooms.set(room, Math.max(rooms.get(room) ?? 0, answer.last ?? 0));
    document.dispatchEvent(new CustomEvent("watching", { detail: room }));
    if (answer.reload) places.filter(({ node }) => node.dataset.room === room).forEach(muchHappened);
  });
}

socket.on("connect", () => [...rooms.keys()].forEach(watch));
socket.on("activity", heard);
begin(socket);
socket.on("notification", ({ unread }) => ring("bell", unread, words.unread, words.none));
socket.on("messages", ({ unread }) => ring("letters", unread, words.letters, words.letterless));
addEventListener("pagehide", () => socket.disconnect());
addEventListener("pageshow", (event) => event.persisted && socket.connect());

// After a gap too long to tell one by one.
function muchHappened(place) {
  if (place.node.dataset.live === "end") return soon(place, null);
  if (place.node.dataset.live !== "top") return void document.dispatchEvent(new CustomEvent("live", { detail: { verb: "", object: place.node.dataset.room === "messages" ? "message:0" : place.node.dataset.room } }));
  place.many = true;
  wait(place, null);
}

const seen = new Set();
function heard(pointer) {
  if (seen.has(pointer.id)) return; // two rooms, or a gap that was filled twice
  seen.add(pointer.id);
  for (const [room, after] of rooms) rooms.set(room, Math.max(after ?? 0, pointer.id));
  document.dispatchEvent(new CustomEvent("live", { detail: pointer }));
  const id = elementId(pointer.object);
  for (const place of places) {
    if (place.node.dataset.live === "top" && pointer.verb === "post.created" && !known(id)) wait(place, id);
    if (place.node.dataset.live === "end" && pointer.verb.startsWith("comment.")) soon(place, pointer.verb === "comment.created" ? null : id);
  }
}

// New posts wait until somebody asks for them: nothing moves under the eye.
function wait(place, id) {
  const first = place.waiting.size === 0;
  place.waiting.add(id);
  if (!place.bar) {
    const button = make("button", { className: "btn go s", type: "button" });
    button.addEventListener("click", () => show(place));
    place.bar = make("div", { className: "newbar" }, button);
    const above = place.node.previousElementSibling; // what is pinned may fill a window: the line stands above it
    (above?.matches(".pinnedposts") ? above : place.node).before(place.bar);
  }
  const text = place.many ? words.many : fill(words.new, { count: place.waiting.size });
  place.bar.firstChild.textContent = text;
  place.bar.hidden = false;
  if (first) announce(text);
}

async function show(place) {
  const button = place.bar.firstChild;
  button.setAttribute("aria-busy", "true");
  try {
    const part = await fragment(place.node.dataset.src);
    const fresh = [];
    for (const node of part.querySelectorAll("[id^=post-]")) {
      if (known(node.id)) {
        if (document.getElementById(node.id).querySelector(".pinned")) continue; // pinned ones stand above the new
        break;
      }
      fresh.push(document.importNode(node, true));
    }
    place.node.prepend(...fresh);
    place.node.querySelectorAll(".empty").forEach((node) => node.remove());
    place.waiting.clear();
    place.many = false;
    place.bar.hidden = true;
    document.dispatchEvent(new Event("parts"));
    if (fresh.length) {
      fresh[0].tabIndex = -1;
      fresh[0].focus();
      announce(fill(words.shown, { count: fresh.length }));
    }
  } catch {
    toast(words.failed);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Comments of an open page come at their place, which is below what is being read. Many at once are one fetch, and not
// every reader's at the same moment.
function soon(place, changed) {
  if (changed) place.waiting.add(changed);
  if (place.timer) return;
  place.timer = setTimeout(() => { place.timer = 0; renew(place); }, 300 + 700 * Math.random());
}

async function renew(place) {
  let part;
  try {
    part = await fragment(place.node.dataset.src);
  } catch {
    return; // the next pointer, or a reload, brings it
  }
  let count = 0;
  for (const node of part.querySelectorAll("[id^=comment-]")) {
    const mine = document.getElementById(node.id);
    if (mine) {
      if (place.waiting.has(node.id) && !mine.contains(document.activeElement)) mine.replaceWith(document.importNode(node, true));
      continue;
    }
    const above = node.parentElement.closest("[id^=comment-]");
    const home = above ? document.getElementById(above.id) : place.node;
    const fresh = document.importNode(node, true);
    if (home === place.node && place.node.dataset.order === "newest") home.prepend(fresh); else home?.append(fresh);
    count += 1;
  }
  place.waiting.clear();
  if (count) {
    document.dispatchEvent(new Event("parts"));
    announce(fill(words.replies, { count }));
  }
}

function ring(id, unread, some, none) {
  const bell = document.getElementById(id);
  const bubble = bell?.querySelector(".bubble");
  if (!bubble || !Number.isInteger(unread)) return;
  bubble.hidden = unread === 0;
  bubble.textContent = unread < 100 ? unread : "99+";
  bell.setAttribute("aria-label", unread ? fill(some, { count: unread }) : none);
}
