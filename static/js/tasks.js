// What takes long grows before one's eyes: asked again every two seconds while it is open.
//
//   [data-whole="/file-tasks/3"]            the page of a task: all of it is drawn anew
//   [data-task="/file-tasks/3"][data-open]  its bar, there or on another page
//
// Without it a link on the page asks again. (blueprints/files/tasks.py)

import { announce, fragment } from "./app.js";

const EVERY = 2000;

async function look(bar) {
  const page = await fragment(bar.dataset.task).catch(() => null);
  const whole = bar.closest("[data-whole]");
  const fresh = page?.querySelector(whole ? "[data-whole]" : "[data-task]");
  if (!fresh) return;
  const words = fresh.querySelector("[data-task] p, p").textContent;
  const over = !(fresh.matches("[data-open]") || fresh.querySelector("[data-open]"));
  const old = whole ?? bar;
  const focused = old.contains(document.activeElement);
  const made = document.importNode(fresh, true);
  old.replaceWith(made);
  if (focused) made.querySelector("a")?.focus();
  if (over) announce(words);
}

let timer = 0;
async function turn() {
  if (document.visibilityState === "visible") await Promise.all([...document.querySelectorAll("[data-task][data-open]")].map(look));
  timer = document.querySelector("[data-task][data-open]") ? setTimeout(turn, EVERY) : 0;
}
timer = setTimeout(turn, EVERY);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && timer) { clearTimeout(timer); turn(); } });
