"use strict";

// What the desk is to know of a patient is seen as soon as the patient is chosen, before a visit is
// saved: an allergy to latex, an interpreter, a wheelchair.

function showPatientWarnings(warnings, after) {
  let list = after.parentElement.querySelector("[data-patient-warnings]");
  if (!list) {
    list = document.createElement("ul");
    list.className = "warnings";
    list.dataset.patientWarnings = "";
    list.setAttribute("role", "status");
    list.setAttribute("aria-label", "Warnings");
    after.after(list);
  }
  document.querySelectorAll("[data-warned]").forEach((shown) => shown.remove());
  list.replaceChildren(...warnings.map((words) => {
    const line = document.createElement("li");
    line.textContent = words;
    return line;
  }));
}

document.addEventListener("DOMContentLoaded", () => {
  const choice = document.querySelector("select#id_patient.admin-autocomplete");
  if (!choice || !window.django?.jQuery) return;
  const row = choice.closest(".form-row");
  window.django.jQuery(choice)
    .on("select2:select", ({ params }) => showPatientWarnings(params.data.warnings ?? [], row))
    .on("select2:clear", () => showPatientWarnings([], row));
});
