// Something happened to what is being read: say so, and leave the words where they are.
//
//   <div data-handed="submission:12" hidden>…</div>      shown when a line about that submission arrives

const note = document.querySelector("[data-handed]");

document.addEventListener("live", ({ detail }) => {
  if (detail.object === note?.dataset.handed && detail.verb.startsWith("submission.")) note.hidden = false;
});
