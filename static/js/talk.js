// Conversations: what others write appears at the bottom, and what one writes goes without a reload. Works with live.js, which
// turns each pointer into a `live` event; the words come through the normal door.
//
//   <div id="talk" data-room="conversation:7" data-src="/messages/7">   the messages of one conversation
//   <ul data-room="messages" data-src="/messages">                      the list of conversations

import { announce, fragment, toast, words } from "./app.js";

const talk = document.getElementById("talk");
const list = document.querySelector("[data-room='messages']");
const form = document.querySelector("#write form");
const atTheEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 200;
let timer = 0;
let late = false;

// Fetching a conversation marks it as read, so nothing is fetched while nobody looks. Many at once are one fetch.
function soon() {
  if (document.hidden) return void (late = true);
  timer ||= setTimeout(() => { timer = 0; renew(); }, 100 + 300 * Math.random());
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !late) return;
  late = false;
  soon();
});

document.addEventListener("live", ({ detail }) => {
  if (list && detail.object?.match(/^(message|conversation):/)) return soon();
  if (!talk || (detail.on ?? detail.object) !== talk.dataset.room) return;
  if (detail.verb === "message.deleted") document.getElementById(detail.object.replace(":", "-"))?.remove();
  else soon();
});

async function renew() {
  let part;
  try {
    part = await fragment((talk ?? list).dataset.src);
  } catch {
    return; // the next pointer, or a reload, brings it
  }
  if (list) return list.replaceChildren(...[...part.body.children].map((node) => document.importNode(node, true)));
  const stay = atTheEnd();
  const said = put(part);
  if (said.length && stay) said.at(-1).scrollIntoView({ block: "nearest" });
  for (const node of said) if (!node.matches(".mine")) announce(node.textContent.replace(/\s+/g, " ").trim());
}

/** Messages at their place: new ones at the end, changed ones instead of what stood there. Gives the new ones. */
function put(part) {
  const fresh = [];
  for (const node of part.querySelectorAll("[id^=message-]")) {
    const copy = document.importNode(node, true);
    const mine = document.getElementById(node.id);
    if (!mine) {
      talk.append(copy);
      fresh.push(copy);
    } else if (!mine.contains(document.activeElement) && mine.querySelector(".prose").innerHTML !== copy.querySelector(".prose").innerHTML) mine.replaceWith(copy);
  }
  if (fresh.length) document.dispatchEvent(new Event("parts"));
  return fresh;
}

form?.addEventListener("submit", async (event) => {
  if (!talk) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  const field = form.elements.body;
  if (!field.value.trim()) return field.focus();
  form.dataset.busy = "yes";
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const part = await fragment(form.getAttribute("action"), { method: "POST", body: new FormData(form) });
    field.value = field.defaultValue = "";
    field.dispatchEvent(new Event("input", { bubbles: true })); // what was kept of it goes too
    form.querySelector(".keepnote")?.remove();
    form.elements.once.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    put(part).at(-1)?.scrollIntoView({ block: "nearest" });
    form.scrollIntoView({ block: "nearest" });
  } catch (fault) {
    if (String(fault.message).startsWith("422")) HTMLFormElement.prototype.submit.call(form); // the page says why, at the field
    else toast(words.failed);
  } finally {
    delete form.dataset.busy;
    button.removeAttribute("aria-busy");
    field.focus();
  }
});
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
