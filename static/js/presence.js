// Who is here, who reads this page, and who types: small lines that never move the page. Nothing of it is kept.
//
//   <li data-here="noor"> … .avatar … .name …    a dot on the face of somebody who is here now
//   <p data-readers="post:12">                   who else reads this now; whoever sees it is seen
//   <span data-editors="12">                     who writes this page now
//   <p data-typing="post:12">                    who types in the form of the same place (#write)

import { fill, words } from "./app.js";

const { lang } = document.documentElement;
const list = new Intl.ListFormat(lang, { type: "conjunction" });
const faces = [...document.querySelectorAll("[data-here]")];
const readers = document.querySelector("[data-readers]");
const typists = document.querySelector("[data-typing]");
const field = document.querySelector("#write form textarea");

export function begin(socket) {
  const people = [...new Set(faces.map((node) => node.dataset.here))].slice(0, 100);

  function look() {
    if (!people.length) return;
    socket.timeout(10_000).emit("look", { people }, (lost, answer) => {
      if (lost) return;
      if (answer?.retry) return void setTimeout(look, 1000 * answer.retry * (1 + Math.random()));
      for (const node of faces) show(node, answer?.ok && answer.here.includes(node.dataset.here));
    });
  }
  const read = () => readers && socket.connected && socket.emit("reading", { room: readers.dataset.readers, now: !document.hidden });

  socket.on("connect", look);
  socket.on("disconnect", () => { for (const node of faces) show(node, false); say(readers, ""); typed([]); });
  socket.on("presence", ({ room, here = [], gone = [], reading = [], more = 0 }) => {
    if (room) return void (room === readers?.dataset.readers && say(readers, reading.length ? fill(words.readers, { names: named(reading, more) }) : ""));
    for (const node of faces) {
      if (here.includes(node.dataset.here)) show(node, true);
      if (gone.includes(node.dataset.here)) show(node, false);
    }
  });
  socket.on("typing", ({ room, who, more }) => room === typists?.dataset.typing && typed(who, more));
  document.addEventListener("watching", ({ detail }) => detail === readers?.dataset.readers && read());
  document.addEventListener("visibilitychange", read);
  // Whoever has said it types no longer.
  document.addEventListener("live", ({ detail }) => detail.on === typists?.dataset.typing && typed(typing.filter(({ handle }) => handle !== detail.actor)));

  // Who writes the page that is read here.
  const editing = document.querySelector("span[data-editors]");
  const page = Number(editing?.dataset.editors);
  const shown = (who) => say(editing, who.length ? `. ${fill(who.length > 1 ? words.editing2 : words.editing1, { names: named(who, 0) })}` : "");
  if (editing) {
    socket.on("editing", (told) => told.page === page && shown(told.who));
    const ask = (more) => socket.timeout(10_000).emit("write.who", { page }, (lost, answer) => {
      if (lost) return;
      if (answer?.retry && more) setTimeout(ask, 1000 * answer.retry, more - 1);
      else if (answer?.ok && answer.who.length) shown(answer.who);
    });
    document.addEventListener("watching", ({ detail }) => detail === `page:${page}` && ask(10));
  }

  let last = -Infinity;
  field?.addEventListener("input", () => {
    if (!typists || !field.value.trim() || performance.now() - last < 3_100 || !socket.connected) return;
    last = performance.now();
    socket.emit("typing", { room: typists.dataset.typing });
  });
}

function show(node, here) {
  const avatar = node.querySelector(".avatar");
  if (!avatar || avatar.classList.contains("here") === Boolean(here)) return;
  avatar.classList.toggle("here", here);
  node.querySelector("[data-here-words]")?.remove();
  if (here) node.querySelector(".name, h1")?.insertAdjacentElement("afterend", Object.assign(document.createElement("span"), { className: "vh", textContent: ` ${words.here}` })).setAttribute("data-here-words", "");
}

const say = (line, text) => { if (line && line.textContent !== text) line.textContent = text; };
const named = (who, more) => (more ? fill(words.more, { names: who.map(({ name }) => name).join(", "), count: more }) : list.format(who.map(({ name }) => name)));

let typing = [];
let timer = 0;
function typed(who, more = 0) {
  clearTimeout(timer);
  typing = who;
  say(typists, who.length ? fill(who.length + more > 1 ? words.typing2 : words.typing1, { names: named(who, more) }) : "");
  if (who.length) timer = setTimeout(typed, 6_000, []);
}
