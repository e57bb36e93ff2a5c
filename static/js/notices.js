// The list behind the bell: a thread is marked as read or unread without leaving the page, and the bell follows.
//
//   form[data-mark]    posts to /notifications/mark; the answer is the thread as it is then

import { announce, fill, fragment, toast, words } from "./app.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-mark]")) return;
  event.preventDefault();
  const line = form.closest("li[id]");
  try {
    const part = await fragment(form.getAttribute("action"), { method: "POST", body: new FormData(form, event.submitter) });
    const fresh = part.getElementById(line.id);
    if (!fresh) throw new Error("no thread there");
    const node = document.importNode(fresh, true);
    node.querySelector(".told-more")?.toggleAttribute("open", line.querySelector(".told-more")?.open ?? false);
    line.replaceWith(node);
    node.querySelector("[data-mark] button").focus();
    ring(Number(part.querySelector("[data-unread]").dataset.unread));
  } catch {
    toast(words.failed);
  } finally {
    delete form.dataset.busy;
  }
}, true);

function ring(unread) {
  const bell = document.getElementById("bell");
  const bubble = bell.querySelector(".bubble");
  const said = unread ? fill(words.unread, { count: unread }) : words.none;
  bubble.hidden = unread === 0;
  bubble.textContent = unread < 100 ? unread : "99+";
  bell.setAttribute("aria-label", said);
  announce(said);
}
