// What the calendar says of what was done, and the parts that it and its dialogs are made of.

const said = document.querySelector("#said");
let timer;

function make(tag, words, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = words;
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function button(words, act, kind = "button") {
  const made = make("button", words, { type: "button", class: kind });
  made.addEventListener("click", act);
  return made;
}

function hush() {
  clearTimeout(timer);
  said.replaceChildren();
}

function say(kind, words, { warnings = [], parts = [], seconds = 0 } = {}) {
  hush();
  const panel = make("div", "", { class: `said said-${kind}` });
  panel.append(make("p", words));
  warnings.forEach((warning) => panel.append(make("p", warning, { class: "warning" })));
  const buttons = make("div", "", { class: "buttons" });
  buttons.append(...parts);
  const close = button("×", hush, "button close");
  close.setAttribute("aria-label", "Close");
  panel.append(buttons, close);
  said.append(panel);
  if (!seconds) return;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(hush, seconds * 1000);
  };
  const stay = () => clearTimeout(timer);
  panel.addEventListener("pointerenter", stay);
  panel.addEventListener("focusin", stay);
  panel.addEventListener("pointerleave", wait);
  panel.addEventListener("focusout", wait);
  wait();
}

// Other times for a refused one, as buttons

function otherTimes(alternatives, take) {
  if (!alternatives?.length) return [];
  const group = make("div", "", { class: "alternatives", role: "group", "aria-label": "Free times" });
  group.append(make("span", "Free instead:"));
  group.append(...alternatives.map(({ starts_at, label }) => button(label, () => take(starts_at))));
  return [group];
}
