// Look at a photo closely: larger and smaller by click, buttons and keys. Without this script it
// is shown as large as the page allows, and a link opens it alone.
"use strict";

const SIZES = ["100 %", "150 %", "200 %", "300 %", "400 %"];
const viewer = document.querySelector("[data-viewer]");
const box = viewer.querySelector("[data-viewer-box]");
const shown = viewer.querySelector("[data-zoom-shown]");

function zoomTo(step, at = { x: 0.5, y: 0.5 }) {
  const next = Math.min(Math.max(step, 1), SIZES.length);
  box.dataset.zoom = String(next);
  shown.textContent = SIZES[next - 1];
  box.scrollLeft = at.x * box.scrollWidth - box.clientWidth / 2;
  box.scrollTop = at.y * box.scrollHeight - box.clientHeight / 2;
}

const current = () => Number(box.dataset.zoom);

for (const part of viewer.querySelectorAll("[data-zoom-buttons]")) part.hidden = false;
for (const button of viewer.querySelectorAll("[data-zoom-by]")) {
  button.addEventListener("click", () => zoomTo(current() + Number(button.dataset.zoomBy)));
}
box.classList.add("can-zoom");
box.querySelector("img").addEventListener("click", (event) => {
  const { clientWidth, clientHeight } = event.target;
  const at = { x: event.offsetX / clientWidth, y: event.offsetY / clientHeight };
  zoomTo(current() === SIZES.length ? 1 : current() + 1, at);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "+" || event.key === "=") zoomTo(current() + 1);
  else if (event.key === "-") zoomTo(current() - 1);
  else if (event.key === "0") zoomTo(1);
});
