// Forms of the console: the focus goes to the first fault, and to the first field of a section that
// is opened to be edited. Another last name offers to keep the one until now. A list of today begins at
// now.

(() => {
  "use strict";

  const FIELDS = "input:not([type=hidden], [disabled]), select, textarea";

  const fault = document.querySelector("#content-main .errors, #content-main [aria-invalid=true]");
  if (fault) {
    fault.closest("details")?.setAttribute("open", "");
    const field = fault.matches(FIELDS) ? fault : fault.querySelector(FIELDS);
    const drawn = field?.nextElementSibling?.querySelector(".select2-selection");
    (drawn ?? field)?.focus();
  }

  for (const way of document.querySelectorAll("[data-focus]")) {
    way.addEventListener("click", (event) => {
      const field = document.querySelector(way.hash);
      field?.closest("details")?.setAttribute("open", "");
      if (field) {
        event.preventDefault();
        field.focus();
        field.select?.();
      }
    });
  }

  for (const section of document.querySelectorAll(".section > details")) {
    section.addEventListener("toggle", () => {
      if (section.open && !section.contains(document.activeElement?.closest(FIELDS))) {
        section.querySelector(FIELDS)?.focus({ preventScroll: true });
      }
    });
  }

  const lastName = document.getElementById("id_last_name");
  const keeps = document.querySelector(".field-keep_former");
  if (lastName && keeps) {
    const offer = () => { keeps.hidden = lastName.value.trim() === lastName.defaultValue.trim() && !keeps.matches(".errors"); };
    lastName.addEventListener("input", offer);
    offer();
  }

  const now = document.getElementById("now-row");
  if (now && !location.hash && !location.search) now.closest("tr").scrollIntoView({ block: "start" });
})();
