// Uploads that take long show how far they are. Without this module the form sends the same, and the browser waits.
//
//   <form data-upload enctype="multipart/form-data"> with <progress hidden> and <p data-far hidden> in it
//   data-words='{"far": "{sent} of {whole}", "kept": "…"}'
//
// The answer to a request with X-Fragment is 204 and where to go next (X-Next), or the page with what was refused.

import { fill, parse, toast, words } from "./app.js";

const PATIENCE = 2000; // milliseconds: what is done sooner needs no bar
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

for (const form of document.querySelectorAll("form[data-upload]")) prepare(form);

function prepare(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.dataset.busy) send(form, event.submitter);
  });
}

function send(form, button) {
  const said = JSON.parse(form.dataset.words ?? "{}");
  const bar = form.querySelector("progress");
  const far = form.querySelector("[data-far]");
  const request = new XMLHttpRequest();
  const began = performance.now();
  form.dataset.busy = "yes";
  button?.setAttribute("aria-busy", "true");
  const leaving = (event) => event.preventDefault();
  addEventListener("beforeunload", leaving);
  const done = () => {
    removeEventListener("beforeunload", leaving);
    delete form.dataset.busy;
    button?.removeAttribute("aria-busy");
    bar.hidden = far.hidden = true;
  };
  request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
    if (!lengthComputable || performance.now() - began < PATIENCE) return;
    bar.hidden = far.hidden = false;
    bar.max = total;
    bar.value = loaded;
    far.textContent = fill(said.far, { sent: megabytes(loaded), whole: megabytes(total) });
  });
  request.addEventListener("load", () => {
    done();
    const next = request.getResponseHeader("X-Next");
    if (request.status === 204 && next?.startsWith("/")) return void location.assign(next);
    const page = parse(request.responseText);
    const main = page.querySelector("main");
    if (!main) return void toast(words.failed);
    document.querySelector("main").replaceWith(document.importNode(main, true));
    page.querySelectorAll(".toasts .toast").forEach((note) => toast(note.textContent.trim()));
    document.querySelectorAll("form[data-upload]").forEach(prepare);
    document.querySelector("[aria-invalid=true], h1")?.focus();
  });
  for (const fault of ["error", "timeout", "abort"]) {
    request.addEventListener(fault, () => {
      done();
      toast(said.kept ?? words.failed);
    });
  }
  request.open("POST", form.action);
  request.setRequestHeader("X-Fragment", "1");
  request.send(new FormData(form, button));
}
