// What reading a text gets on top: a link at each heading of a page, which copies its address, and diagrams drawn from their words.
// Nothing here adds a character to the text: comments count from its beginning.

import { make, toast, words } from "./app.js";

const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

for (const heading of document.querySelectorAll(".prose.long :is(h2, h3, h4, h5, h6)[id]")) {
  const link = make("a", { className: "here", href: `#${heading.id}` });
  link.setAttribute("aria-label", `${words.section}: ${heading.textContent}`);
  heading.append(link);
  link.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link.href);
      toast(words.copied);
    } catch { /* no clipboard: the address bar has it */ }
  });
}

const frames = new Map();

function diagram(code) {
  const kept = code.closest("pre");
  const frame = make("iframe", { className: "diagram", src: "/diagram", title: words.diagram, loading: "lazy" });
  frame.setAttribute("sandbox", "allow-scripts");
  const button = make("button", { className: "btn icon s diagram-words", type: "button", hidden: true });
  button.setAttribute("aria-label", words.diagramWords);
  button.setAttribute("aria-expanded", "true");
  button.addEventListener("click", () => fold(kept, button, button.getAttribute("aria-expanded") === "true"));
  kept.before(frame, button);
  frames.set(frame.contentWindow, { frame, kept, button, text: code.textContent });
}

function fold(kept, button, away) {
  kept.classList.toggle("vh", away);
  kept.tabIndex = away ? -1 : 0;
  button.setAttribute("aria-expanded", String(!away));
}

addEventListener("message", (event) => {
  const held = frames.get(event.source);
  if (!held || !event.data?.diagram) return;
  const { frame, kept, button, text } = held;
  if (event.data.diagram === "ready") event.source.postMessage({ text, dark: dark() }, "*");
  else if (event.data.diagram === "failed") {
    frame.remove();
    button.remove();
    frames.delete(event.source);
  } else if (Number.isFinite(event.data.height)) {
    frame.style.blockSize = `${Math.min(4000, Math.max(40, event.data.height))}px`;
    if (!frame.dataset.drawn) fold(kept, button, true);
    frame.dataset.drawn = "yes";
    button.hidden = false;
  }
});
const again = () => frames.forEach(({ text }, view) => view.postMessage({ text, dark: dark() }, "*"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

document.querySelectorAll(".prose pre > code.language-mermaid").forEach(diagram);
