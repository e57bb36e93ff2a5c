// Comments in the margin of a text stand beside their words and never overlap; in a narrow window they are a sheet.
// Load it on pages with .margin > .mnote[data-at="id of the words"]: {% block head %} … js/margin.js.

const margin = document.querySelector(".margin");
const wide = matchMedia("(min-width: 72rem)");

function align() {
  const notes = [...margin.querySelectorAll(".mnote")];
  notes.forEach((note) => (note.style.marginBlockStart = ""));
  if (!wide.matches) return;
  for (const note of notes) {
    const at = document.getElementById(note.dataset.at);
    const gap = at ? at.getBoundingClientRect().top - note.getBoundingClientRect().top - 6 : 0;
    if (gap > 0) note.style.marginBlockStart = `${gap}px`;
  }
}

if (margin) {
  document.fonts.ready.then(align);
  addEventListener("resize", align);
  document.addEventListener("parts", align);
  document.addEventListener("click", (event) => {
    if (event.target.closest(".anchor a") && !wide.matches) margin.showPopover?.();
  });
}
