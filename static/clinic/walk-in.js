"use strict";

// Finds patients while somebody types. Without it, the form finds them when it is sent.

(() => {
  const form = document.getElementById("walk-in");
  const who = document.getElementById("id_who");
  const list = document.getElementById("found");
  const foundFor = document.getElementById("id_found_for");
  let patient = document.getElementById("id_patient");
  let timer = 0;
  let round = 0;
  let at = -1;

  who.setAttribute("role", "combobox");
  who.setAttribute("aria-controls", "found");
  who.setAttribute("aria-autocomplete", "list");

  function close() {
    list.hidden = true;
    at = -1;
    who.setAttribute("aria-expanded", "false");
    who.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    const options = [...list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    at = (index + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
    who.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  }

  function choose(option) {
    form.querySelectorAll(".walk-in-found").forEach((choice) => choice.remove());
    if (!patient) {
      patient = Object.assign(document.createElement("input"), { type: "hidden", name: "patient" });
      form.append(patient);
    }
    patient.value = option.dataset.id;
    foundFor.value = who.value = option.textContent;
    showPatientWarnings(JSON.parse(option.dataset.warnings), list.closest(".form-row"));
    close();
  }

  function show(results) {
    list.replaceChildren(
      ...results.map(({ id, text, warnings }, number) => {
        const option = document.createElement("li");
        option.id = `found-${number}`;
        option.setAttribute("role", "option");
        option.dataset.id = id;
        option.dataset.warnings = JSON.stringify(warnings);
        option.textContent = text;
        return option;
      }),
    );
    if (!results.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = "Nobody is found.";
      list.append(none);
    }
    list.hidden = false;
    who.setAttribute("aria-expanded", "true");
    point(0);
  }

  async function search() {
    const mine = ++round;
    const url = new URL(form.dataset.search, location.href);
    url.searchParams.set("term", who.value);
    try {
      const response = await fetch(url);
      const { results } = response.ok ? await response.json() : { results: [] };
      if (mine === round) show(results.slice(0, 8));
    } catch {
      close();
    }
  }

  who.addEventListener("input", () => {
    clearTimeout(timer);
    round += 1;
    showPatientWarnings([], list.closest(".form-row"));
    if (who.value.trim().length < 2) close();
    else timer = setTimeout(search, 200);
  });

  who.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") point(at + 1);
    else if (event.key === "ArrowUp") point(at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && list.querySelector("[aria-selected=true]")) {
      choose(list.querySelector("[aria-selected=true]"));
    } else return;
    event.preventDefault();
  });

  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  who.addEventListener("blur", close);
  close();

  // When each doctor is free next depends on what for, and where.

  const doctor = document.getElementById("id_doctor");
  const choices = form.querySelectorAll("#id_service, #id_location");
  let asks = 0;
  async function askWhen() {
    const asked = new URLSearchParams([...choices].map((choice) => [choice.name, choice.value]));
    const mine = ++asks;
    try {
      const response = await fetch(`${form.action}?${asked}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("id_doctor");
      if (mine !== asks || !fresh) return;
      const chosen = doctor.value;
      doctor.replaceChildren(...fresh.options);
      if ([...doctor.options].some((option) => option.value === chosen)) doctor.value = chosen;
    } catch {
      // What stands there stays; the clinic works it out anew when the form is sent.
    }
  }
  choices.forEach((choice) => choice.addEventListener("change", askWhen));
})();
