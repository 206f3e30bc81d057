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
function nameDrawn(select) {
  const drawn = select.nextElementSibling;
  if (!drawn || !drawn.classList.contains("select2")) return;
  const label = document.querySelector(`label[for="${select.id}"]`);
  const name = label ? label.textContent.replace(/[:\s]+$/, "").trim() : select.name;
  for (const part of drawn.querySelectorAll("[role=combobox], [role=textbox]")) {
    if (!part.hasAttribute("aria-labelledby") && part.hasAttribute("aria-label")) continue;
    part.removeAttribute("aria-labelledby");
    part.setAttribute("aria-label", name);
  }
}

function nameAll() {
  document.querySelectorAll("select.admin-autocomplete").forEach(nameDrawn);
}

nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
