// Inside the frame of one diagram (blueprints/diagrams.py): words come in by a message, their drawing's height goes out.

/* global mermaid */
let drawn = 0;
let said = "";

async function draw({ text, dark }) {
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral", maxTextSize: 20000, maxEdges: 400, suppressErrorRendering: true, fontFamily: "system-ui, sans-serif" });
  const { svg } = await mermaid.render(`d${(drawn += 1)}`, text);
  document.body.innerHTML = svg;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  tell();
}

const tell = () => parent.postMessage({ diagram: "drawn", height: Math.ceil(document.body.getBoundingClientRect().height) }, "*");

addEventListener("message", (event) => {
  if (event.source !== parent || typeof event.data?.text !== "string") return;
  const key = JSON.stringify(event.data);
  if (key === said) return;
  said = key;
  draw(event.data).catch(() => parent.postMessage({ diagram: "failed" }, "*"));
});
addEventListener("resize", () => drawn && tell());
parent.postMessage({ diagram: "ready" }, "*");
