// The calendar's booking dialog; it is sent and answered with the tools of calendar.js.

const dialog = document.querySelector("#booking");
const form = dialog.querySelector("form");
const faults = dialog.querySelector(".faults");
let wanted; // The doctor to book with.
const typeField = form.elements.service;
const types = typeField && chooseVisitTypes(typeField, {
  doctor: () => wanted?.id ?? "",
  length: form.elements.duration_minutes,
  usual: () => wanted.minutes,
});

function openBooking(start, minutes, resource) {
  wanted = resource ? doctors.find((one) => one.id === resource.id) : doctors[0];
  if (!wanted.is_active) {
    calendar.unselect();
    say("refused", `${wanted.title} takes no appointments at present.`);
    return;
  }
  dialog.querySelector(".whom").textContent = wanted.title;
  faults.replaceChildren();
  form.querySelector(".overbook")?.setAttribute("hidden", "");
  form.elements.local_start.value = start.slice(0, 16);
  form.elements.duration_minutes.value = Math.max(15, minutes ?? wanted.minutes);
  types?.doctorChanged();
  dialog.showModal();
}

// What was typed stays, for another time of the same patient, until it is booked or cleared.
function clear() {
  form.reset();
  form.elements.patient.value = "";
}

async function book(more = {}) {
  const asked = Object.fromEntries(new FormData(form));
  delete asked.csrfmiddlewaretoken;
  for (const name of ["service", "location"]) if (!asked[name]) delete asked[name];
  if (more.starts_at) delete asked.local_start;
  const answer = await send(page.dataset.book, { doctor: wanted.id, ...asked, ...more });
  if (answer.done) {
    clear();
    dialog.close();
    lookFor(answer.visit);
    say("done", answer.message, { warnings: answer.warnings, parts: wayTo(answer), seconds: 15 });
    return;
  }
  if (answer.all_the_same) {
    const again = () => book({ ...more, all_the_same: answer.all_the_same });
    const told = answer.warnings.map((warning) => make("p", warning));
    faults.replaceChildren(...told, button("Book all the same", again, "button default"));
    faults.querySelector("button").focus();
    return;
  }
  faults.replaceChildren(
    make("p", answer.message),
    ...otherTimes(answer.alternatives, (starts_at) => book({ starts_at })),
  );
  if (answer.may_overbook) form.querySelector(".overbook").removeAttribute("hidden");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.elements.patient.value) {
    book();
    return;
  }
  const field = form.querySelector("[role=combobox]");
  field.setCustomValidity("Choose a patient from the list.");
  field.reportValidity();
});
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-clear]").addEventListener("click", () => {
  const { local_start, duration_minutes } = form.elements;
  const kept = [local_start.value, duration_minutes.value];
  clear();
  [local_start.value, duration_minutes.value] = kept;
  form.querySelector("[role=combobox]").focus();
});
dialog.addEventListener("close", () => calendar.unselect());
