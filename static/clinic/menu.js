// The menu's groups close as people expect: with Escape, by a click beside them, and when the
// focus goes on. They open without this file, too.

(() => {
  "use strict";

  const groups = document.querySelectorAll("#menu details, .chip");

  const closeAll = (but) => {
    for (const group of groups) if (group !== but) group.open = false;
  };

  document.addEventListener("click", (event) => closeAll(event.target.closest("#menu details, .chip")));

  for (const group of groups) {
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !group.open) return;
      group.open = false;
      group.querySelector("summary").focus();
    });
    group.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !group.contains(event.relatedTarget)) group.open = false;
    });
  }
})();
