// One more span of a weekday without asking the server. Without this script the same button does.

document.querySelector(".week-form")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=add]");
  if (!button) return;
  event.preventDefault();
  const total = document.getElementById("id_span-TOTAL_FORMS");
  const group = button.closest("tbody");
  const last = button.closest("tr");
  const row = last.cloneNode(true);
  const number = total.value;
  total.value = Number(number) + 1;
  row.classList.remove("errors");
  row.classList.add("is-blank");
  row.querySelectorAll("th, ul.errorlist, td.remove > *").forEach((part) => part.remove());
  row.querySelectorAll("[id], [name^=span], [for]").forEach((part) => {
    for (const name of ["id", "name", "for"]) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(/span-\d+-/, `span-${number}-`));
    }
    if (part.type === "checkbox") part.checked = false;
    else if (part.type !== "hidden" && "value" in part) part.value = "";
  });
  row.querySelectorAll("details").forEach(sayTypes);
  group.append(row);
  button.remove();
  group.querySelector("th").rowSpan += 1;
  row.querySelector("input[type=time]").focus();
});

// What is ticked in a list of visit types stands on the list, open or closed.
function sayTypes(details) {
  const ticked = [...details.querySelectorAll("input:checked")];
  const summary = details.querySelector("summary");
  let words = `${ticked.length} types`;
  if (ticked.length === 0) words = "All visit types";
  if (ticked.length === 1) words = ticked[0].closest("label").textContent.trim();
  summary.setAttribute("aria-label", summary.ariaLabel.replace(/: .*/, `: ${words}`));
  summary.textContent = words;
}

document.querySelector(".week-form")?.addEventListener("change", (event) => {
  const details = event.target.closest("details");
  if (details) sayTypes(details);
});
