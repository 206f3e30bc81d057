// What is said about what was done: read out once the page is there, and gone once it was read. A
// fault stays until it is put away.

(() => {
  "use strict";

  const SHOWN = 20000; // Milliseconds of what went well.
  const box = document.getElementById("toasts");
  if (!box || !box.children.length) return;

  const notes = [...box.children];
  for (const note of notes) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "note-close";
    close.setAttribute("aria-label", "Close this message");
    close.textContent = "×";
    close.addEventListener("click", () => note.remove());
    note.append(close);
  }
  // A region is read out where it changes: what stood in it from the start is not.
  box.replaceChildren();
  setTimeout(() => box.append(...notes), 50);

  function fade() {
    setTimeout(() => {
      if (box.matches(":hover, :focus-within")) fade();
      else notes.filter((note) => note.matches(".is-success, .is-info")).forEach((note) => note.remove());
    }, SHOWN);
  }
  fade();
})();
