// Keeps what a form holds on the server while somebody types, so that it is there after a closed tab, and on another machine.
//
//   <form data-draft="/spaces/bridge/draft" data-words='{"kept": "Draft kept {time}"}'> … <span data-state></span>
//
// The form gets `data-kept` while the server has its newest words.

import { fill } from "./app.js";

const PAUSE = 1200, APART = 3000; // milliseconds without a key, and between two askings
const root = document.documentElement;
const clock = new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone || undefined });

/** Begin to keep a form. `heard` is given each answer of the server. Gives a function that asks to keep it soon. */
export function keepDraft(form, said, heard) {
  const state = form.querySelector("[data-state]");
  let timer, asking;
  const typed = () => [...form.elements].some((field) => field.matches("textarea") && field.value !== field.defaultValue);
  let kept = false;
  let last = -APART;
  const send = async () => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    const data = new FormData(form);
    data.delete("files");
    asking?.abort();
    asking = new AbortController();
    const small = [...data.values()].join("").length < 15_000; // what outlives its page may be 64 kB, in bytes
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin", redirect: "manual", keepalive: small, signal: asking.signal });
      kept = answer.ok;
      if (kept) state.textContent = fill(said.kept, { time: clock.format(new Date()) });
      form.toggleAttribute("data-kept", kept);
      await heard?.(answer);
    } catch { /* keep.js has the words in this browser */ }
  };
  const soon = () => {
    form.removeAttribute("data-kept");
    clearTimeout(timer);
    timer = setTimeout(send, Math.max(PAUSE, APART - (performance.now() - last)));
  };
  form.addEventListener("input", (event) => event.target.type !== "file" && soon());
  form.addEventListener("submit", () => { clearTimeout(timer); timer = undefined; asking?.abort(); });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && timer && (typed() || kept) && send());
  addEventListener("online", () => typed() && soon());
  if (typed()) soon(); // before this module was there
  return soon;
}
