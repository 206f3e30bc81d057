// A button that copies a field. Without this, the field is there to be selected.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const status = document.querySelector("[data-copy-status]");
  const label = button.textContent;
  field.select();
  if (!navigator.clipboard) continue; // Only pages over HTTPS have it.
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = status.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = label;
      status.textContent = "";
    }, 3000);
  });
}
