// Writing a page. The form works without this module; this keeps the draft on the server, says when somebody else saved, and brings
// in coedit.js, which lets several people write at once.

import { make } from "./app.js";
import { keepDraft } from "./drafts.js";

const form = document.querySelector("form[data-draft]");
const said = JSON.parse(form.dataset.words);
const base = form.elements.base;

/** A line at the top of the form, once. */
function note(key, tone = "warn") {
  let line = form.querySelector(`[data-note="${key}"]`);
  if (line) return line;
  line = make("div", { className: "note" }, make("p", { className: "grow", textContent: said[key] }));
  line.dataset.note = key;
  line.dataset.tone = tone;
  line.setAttribute("role", "status");
  form.prepend(line);
  return line;
}
const unsay = (key) => form.querySelector(`[data-note="${key}"]`)?.remove();

let newest = Number(base?.value);
function stands(revision) {
  newest = Math.max(newest, revision);
  if (newest > Number(base.value)) note("changed"); else unsay("changed");
}

async function heard(answer) {
  if ([403, 404].includes(answer.status) && base) return void note("gone");
  if (!answer.ok || !base) return;
  const { revision } = await answer.json();
  if (revision) stands(revision);
}

const soon = keepDraft(form, said, heard);
if (form.dataset.write) import("./coedit.js").then(({ writeTogether }) => writeTogether(form, { said, soon, note, unsay, stands })).catch(() => { /* an ordinary form, then */ });
