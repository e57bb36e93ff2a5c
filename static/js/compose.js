// Writing a post. The form works without this module; this keeps the draft on the server while somebody types (so that it is there
// after a closed tab, and on another machine), takes files that are dropped or pasted, and asks what each picture shows.
//
//   <form data-compose data-draft="/spaces/bridge/draft" data-words='{"kept": "…", "alt": "… {name} …", "many": "…"}'>
//     input[type=file][name=files]   [data-alts] with textarea[name=alt] in it   [data-state]

import { fill, make, toast } from "./app.js";

const MOST = 10;
const PAUSE = 1200; // milliseconds without a key

for (const form of document.querySelectorAll("form[data-compose]")) {
  const said = JSON.parse(form.dataset.words ?? "{}");
  if (form.dataset.draft) keepDraft(form, said);
  takeFiles(form, said);
}

function keepDraft(form, said) {
  const state = form.querySelector("[data-state]");
  let timer, asking;
  const typed = () => [...form.elements].some((field) => field.matches("textarea") && field.value !== field.defaultValue);
  let kept = false;
  const send = async () => {
    clearTimeout(timer);
    timer = undefined;
    const data = new FormData(form);
    data.delete("files");
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-Fragment": "1" }, credentials: "same-origin", redirect: "manual", keepalive: true, signal: asking.signal });
      kept = answer.status === 204;
      if (kept) state.textContent = said.kept;
      form.toggleAttribute("data-kept", kept);
    } catch { /* keep.js has the words in this browser */ }
  };
  const soon = () => {
    form.removeAttribute("data-kept");
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  };
  form.addEventListener("input", (event) => event.target.type !== "file" && soon());
  form.addEventListener("submit", () => { clearTimeout(timer); timer = undefined; asking?.abort(); });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && timer && (typed() || kept) && send());
  if (typed()) soon(); // before this module was there
}

function takeFiles(form, said) {
  const input = form.querySelector("input[type=file][name=files]");
  const alts = form.querySelector("[data-alts]");
  const lines = alts.querySelector("textarea");
  const fields = make("div", { className: "stack g2" });
  alts.after(fields);
  alts.hidden = true;
  const gather = () => { lines.value = [...input.files].map((_file, at) => fields.querySelector(`[data-at="${at}"]`)?.value ?? "").join("\n"); };
  const ask = () => {
    fields.replaceChildren(...[...input.files].flatMap((file, at) => {
      if (!file.type.startsWith("image/")) return [];
      const field = make("input", { type: "text", maxLength: 300, id: `${input.id}-alt-${at}` });
      field.dataset.at = at;
      return [make("div", { className: "field" }, make("label", { htmlFor: field.id, textContent: fill(said.alt, { name: file.name }) }), field)];
    }));
    gather();
  };
  fields.addEventListener("input", gather);
  input.addEventListener("change", ask);
  if (input.files.length) ask();
  const add = (files) => {
    if (!files.length) return;
    const held = new DataTransfer();
    for (const file of [...input.files, ...files].slice(0, MOST)) held.items.add(file);
    if (input.files.length + files.length > MOST) toast(said.many);
    input.files = held.files;
    form.querySelector("details").open = true;
    ask();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  form.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });
  form.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}
