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
    if (part.type !== "hidden" && "value" in part) part.value = "";
  });
  group.append(row);
  button.remove();
  group.querySelector("th").rowSpan += 1;
  row.querySelector("input[type=time]").focus();
});
