// A field that finds patients while somebody types (WAI-ARIA's combobox with a list). What is
// chosen stands in the hidden field beside it.

document.querySelectorAll(".patient-field").forEach((field) => {
  const text = field.querySelector("[role=combobox]");
  const chosen = field.querySelector("input[type=hidden]");
  const list = field.querySelector("[role=listbox]");
  let asked = 0;
  let timer;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector("[aria-selected=true]");

  function show(isOpen) {
    list.hidden = !isOpen;
    text.setAttribute("aria-expanded", isOpen);
    if (!isOpen) text.removeAttribute("aria-activedescendant");
  }

  function point(option) {
    active()?.removeAttribute("aria-selected");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    text.setAttribute("aria-activedescendant", option.id);
  }

  function choose(option) {
    chosen.value = option.dataset.key;
    text.value = option.textContent;
    text.setCustomValidity("");
    show(false);
    showPatientWarnings(JSON.parse(option.dataset.warnings), field);
  }

  function offer(found) {
    list.replaceChildren(...found.map(({ id, text: words, warnings }, number) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${number}`;
      option.setAttribute("role", "option");
      option.dataset.key = id;
      option.dataset.warnings = JSON.stringify(warnings);
      option.textContent = words;
      return option;
    }));
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "quiet";
      none.textContent = "Nobody is found.";
      list.append(none);
    }
    show(true);
    if (found.length) point(options()[0]);
  }

  async function search() {
    const number = ++asked;
    const term = text.value.trim();
    if (!term) return show(false);
    const address = `${field.dataset.search}&term=${encodeURIComponent(term)}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      const { results } = await answer.json();
      if (number === asked) offer(results);
    } catch {
      if (number === asked) offer([]);
    }
  }

  text.addEventListener("input", () => {
    chosen.value = "";
    showPatientWarnings([], field);
    text.setCustomValidity("");
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });

  text.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(active());
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && all.length) {
      event.preventDefault();
      show(true);
      point(all[(at + steps[event.key] + all.length) % all.length]);
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      choose(all[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });

  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // The field keeps the focus.
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });

  text.addEventListener("blur", () => show(false));

  text.form.addEventListener("reset", () => {
    asked += 1;
    chosen.value = "";
    showPatientWarnings([], field);
    list.replaceChildren();
    show(false);
  });
});
