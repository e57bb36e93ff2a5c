// Comments on an area of a picture or a page: drawn with a pointer, or a frame that the arrow keys move. Without this module the form
// takes a whole page.
//
//   <figure class="leaf" data-page="3"><div class="onleaf"><img>…          what can be drawn on
//   <form data-area data-said='{…}'> with the fields page (where there are several) and xywh: x,y,width,height in percent
//
// A frame holds percent of its sheet: { x, y, w, h }.

import { announce, make } from "./app.js";

const form = document.querySelector("form[data-area]");
const viewer = document.querySelector("[data-viewer]");
const sheets = [...(viewer?.querySelectorAll(".leaf") ?? [])];
const said = JSON.parse(form?.dataset.said ?? "{}");
const LEAST = 2; // percent
const field = (name) => form.elements.namedItem(name);
const tidy = (number) => Math.round(number * 10) / 10;

let frame = null; // { sheet, box, x, y, w, h }

if (form && sheets.length) begin();

function begin() {
  const row = form.querySelector("[data-draw]");
  const hint = form.querySelector("[data-hint]");
  row.hidden = false;
  hint.hidden = false;
  hint.textContent = said.draw;
  row.querySelector("button").addEventListener("click", () => place(sheetInView()));
  form.addEventListener("submit", () => { if (frame) take(false); });
  field("page")?.addEventListener("change", () => { // another page by hand: the frame of the first is not meant
    if (frame && frame.sheet.dataset.page !== field("page").value) lift();
  });
  for (const sheet of sheets) sheet.querySelector(".onleaf").addEventListener("pointerdown", (event) => draw(event, sheet));
  form.addEventListener("reset", lift);
  const kept = field("xywh").value.split(",").map(Number); // a form that was refused
  const sheet = sheets.find((one) => !field("page") || one.dataset.page === field("page").value);
  if (sheet && kept.length === 4 && kept.every(Number.isFinite)) show(sheet, { x: kept[0], y: kept[1], w: kept[2], h: kept[3] });
}

/** The sheet that one looks at: the page that was typed while it is another, else the first that is well in view. */
function sheetInView() {
  const middle = (sheet) => {
    const { top, bottom } = sheet.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0));
  };
  const typed = field("page") && sheets.find((one) => one.dataset.page === field("page").value);
  if (typed) return typed;
  return sheets.reduce((best, one) => (middle(one) > middle(best) ? one : best), sheets[0]);
}

function place(sheet) {
  const again = frame?.sheet === sheet ? frame : { x: 30, y: 30, w: 40, h: 20 };
  show(sheet, again);
  viewer.classList.add("drawing");
  sheet.scrollIntoView({ block: "nearest" });
  frame.box.focus();
  announce(said.draw);
}

function show(sheet, { x, y, w, h }) {
  frame?.box.remove();
  const box = make("button", { className: "areabox", type: "button" });
  box.addEventListener("keydown", keys);
  box.addEventListener("click", () => take(true));
  sheet.querySelector(".onleaf").append(box);
  frame = { sheet, box, x, y, w, h };
  lay();
}

function lay() {
  const { box, x, y, w, h } = frame;
  Object.assign(box.style, { insetInlineStart: `${x}%`, insetBlockStart: `${y}%`, inlineSize: `${w}%`, blockSize: `${h}%` });
  const words = said.at.replace("{x}", Math.round(x)).replace("{y}", Math.round(y)).replace("{w}", Math.round(w)).replace("{h}", Math.round(h));
  box.setAttribute("aria-label", `${said.frame}: ${words}`);
  write();
  return words;
}

function write() {
  field("xywh").value = [frame.x, frame.y, frame.w, frame.h].map(tidy).join(",");
  if (field("page")) field("page").value = frame.sheet.dataset.page;
}

function lift() {
  frame?.box.remove();
  frame = null;
  viewer.classList.remove("drawing");
  field("xywh").value = "";
}

/** The frame is meant: on to the words. */
function take(focus) {
  write();
  viewer.classList.remove("drawing");
  form.closest("details").open = true;
  const row = form.querySelector("[data-draw]");
  row.querySelector("[role=status]").textContent = said.taken;
  if (focus) (field("body") ?? form.querySelector("button.go")).focus();
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function keys(event) {
  const step = event.ctrlKey || event.metaKey ? 0.5 : 2;
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === "Escape") {
    event.preventDefault();
    lift();
    form.querySelector("[data-draw] button").focus();
  }
  if (!way) return;
  event.preventDefault();
  if (event.shiftKey) {
    frame.w = clamp(frame.w + way[0] * step, LEAST, 100 - frame.x);
    frame.h = clamp(frame.h + way[1] * step, LEAST, 100 - frame.y);
  } else {
    frame.x = clamp(frame.x + way[0] * step, 0, 100 - frame.w);
    frame.y = clamp(frame.y + way[1] * step, 0, 100 - frame.h);
  }
  announce(lay());
  frame.box.scrollIntoView({ block: "nearest" });
}

// ---- with a pointer: only while one draws, so that a finger scrolls as ever

function draw(event, sheet) {
  if (!viewer.classList.contains("drawing") || event.button !== 0) return;
  event.preventDefault();
  const ground = sheet.querySelector(".onleaf");
  const at = (one) => {
    const { left, top, width, height } = ground.getBoundingClientRect();
    return [clamp(((one.clientX - left) / width) * 100, 0, 100), clamp(((one.clientY - top) / height) * 100, 0, 100)];
  };
  const [x, y] = at(event);
  const inside = frame?.sheet === sheet && event.target === frame.box ? { ...frame } : null; // it is moved
  let moved = false;
  const move = (one) => {
    const [to, down] = at(one);
    if (!moved && Math.abs(to - x) < 0.7 && Math.abs(down - y) < 0.7) return;
    if (inside) {
      frame.x = clamp(inside.x + to - x, 0, 100 - inside.w);
      frame.y = clamp(inside.y + down - y, 0, 100 - inside.h);
    } else {
      if (!moved) show(sheet, { x, y, w: 0, h: 0 });
      Object.assign(frame, { x: Math.min(x, to), y: Math.min(y, down), w: Math.abs(to - x), h: Math.abs(down - y) });
    }
    moved = true;
    lay();
  };
  const end = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    if (!moved) return;
    frame.w = clamp(frame.w, LEAST, 100);
    frame.h = clamp(frame.h, LEAST, 100);
    frame.x = Math.min(frame.x, 100 - frame.w);
    frame.y = Math.min(frame.y, 100 - frame.h);
    lay();
    if (!inside) take(true);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}
