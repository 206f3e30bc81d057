// "/" leads to the console's search box from every page.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const box = document.querySelector("#find-patient input");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});
