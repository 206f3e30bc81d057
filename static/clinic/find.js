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

// The fields that suggest records while one types are named as their labels say: what draws them
// names them by what is chosen alone, and that is nothing at first.
window.addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const drawn = select.nextElementSibling;
    if (!drawn || !drawn.classList.contains("select2")) continue;
    const name = label ? label.textContent.replace(/[:\s]+$/, "") : select.name;
    for (const part of drawn.querySelectorAll("[role=combobox], [role=textbox]")) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", `${name} ${part.textContent.trim()}`.trim());
    }
  }
});
