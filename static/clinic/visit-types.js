"use strict";

// Which visit types there are to choose from depends on the doctor, and a type brings its length.
// Without it all are there, and the clinic says what the doctor doesn't offer.

/* `select` has the types as data; `doctor()` is whose they are ("": nobody's yet); `length` is a
   field of minutes, and `usual()` what it says for a visit of no type. */
function chooseVisitTypes(select, { doctor, length, usual = () => "" }) {
  const types = JSON.parse(select.dataset.types);
  const plain = select.options[0];
  const row = select.closest(".form-row, .field");

  function fill() {
    const whose = doctor();
    const offered = types.filter((type) => !whose || !type.doctors || type.doctors.includes(whose));
    const chosen = select.value;
    select.replaceChildren(
      plain,
      ...offered.map((type) => new Option(type.words[whose] ?? type.words[""], type.id)),
    );
    select.value = offered.some((type) => type.id === chosen) ? chosen : "";
    row.hidden = !offered.length;
    return select.value !== chosen || Boolean(chosen);
  }

  function bring() {
    if (!length) return;
    const type = types.find((one) => one.id === select.value);
    length.value = type ? type.minutes[doctor()] ?? type.minutes[""] : usual();
  }

  select.addEventListener("change", bring);
  fill();
  return {
    // Another doctor was chosen: their types, and how long the chosen one takes with them.
    doctorChanged() {
      if (fill()) bring();
    },
  };
}

document.addEventListener("DOMContentLoaded", () => {
  const select = document.querySelector("#id_service[data-types]");
  const whose = document.querySelector("#id_doctor");
  if (!select || !whose) return;
  const types = chooseVisitTypes(select, {
    doctor: () => whose.value,
    length: document.querySelector("#id_duration_minutes"),
  });
  // The field that searches tells of its changes by jQuery alone.
  if (window.django?.jQuery) window.django.jQuery(whose).on("change", types.doctorChanged);
  else whose.addEventListener("change", types.doctorChanged);
});
