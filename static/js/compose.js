// Writing a post. The form works without this module; this keeps the draft on the server while somebody types (so that it is there
// after a closed tab, and on another machine), takes files that are dropped or pasted, and asks what each picture shows.
//
//   <form data-compose data-draft="/spaces/bridge/draft" data-words='{"kept": "…", "alt": "… {name} …", "many": "…"}'>
//     input[type=file][name=files]   [data-alts] with textarea[name=alt] in it   [data-state]

import { fill, make, toast } from "./app.js";
import { keepDraft } from "./drafts.js";

const MOST = 10;

for (const form of document.querySelectorAll("form[data-compose]")) {
  const said = JSON.parse(form.dataset.words ?? "{}");
  if (form.dataset.draft) keepDraft(form, said);
  takeFiles(form, said);
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
