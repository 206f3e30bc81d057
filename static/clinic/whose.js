// Another doctor is shown as soon as one is chosen. Without this script, the button does it.

document.querySelector("#whose")?.addEventListener("change", (event) => {
  event.target.form.requestSubmit();
});
