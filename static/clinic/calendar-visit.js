// The calendar's close-up of a visit; it is drawn with the tools of calendar.js.

const card = document.querySelector("#visit-card");

// Who takes part in a group session, each with what usually comes next.
function takingPart(people) {
  const list = make("ul", "", { class: "people" });
  people.forEach((one) => {
    const row = make("li", "");
    row.append(make("a", one.name, { href: one.url }), make("span", one.status, { class: "quiet" }));
    if (one.step) {
      const back = new URLSearchParams({ next: location.pathname + location.search });
      const form = make("form", "", { method: "post", action: `${one.step_url}?${back}` });
      const { value } = document.querySelector("[name=csrfmiddlewaretoken]");
      form.append(make("input", "", { type: "hidden", name: "csrfmiddlewaretoken", value }));
      form.append(make("button", one.step, { class: "button", "aria-label": `${one.step}: ${one.name}` }));
      row.append(form);
    }
    list.append(row);
  });
  return list;
}

function showVisit(event, link) {
  const { url, cancel, time, name, record_number, born, phone, reason, status, overbook_reason, warnings, notes, type, price, place, rooms, kept, people } = event.extendedProps;
  const facts = [
    ["Time", [time, isDay && nameOf(event)].filter(Boolean).join(", ")],
    ["Visit type", [type, price].filter(Boolean).join(", ")],
    ["Where", [rooms, place].filter(Boolean).join(", ")],
    ["Kept free", kept],
    [people ? "Places" : "Status", [status, overbook_reason && `overbooked: ${overbook_reason}`].filter(Boolean).join(", ")],
    ["Name", people || event.title.startsWith(name) ? "" : name],
    ["Born", born],
    ["Phone", phone],
    ["Reason", reason],
    ["Record", record_number],
  ].filter(([, words]) => words);
  const list = make("dl", "", { class: "facts" });
  facts.forEach(([name, words]) => {
    const value = make("dd", name === "Phone" ? "" : words);
    if (name === "Phone") value.append(make("a", words, { href: `tel:${words.replaceAll(" ", "")}` }));
    const row = make("div", "");
    row.append(make("dt", name), value);
    list.append(row);
  });
  const actions = make("div", "", { class: "buttons" });
  actions.append(make("a", "Open", { href: url, class: "button default" }));
  if (event.editable) actions.append(make("a", "Move", { href: `${url}#fieldset-0-0-heading`, class: "button" }));
  if (cancel) {
    const back = new URLSearchParams({ next: location.pathname + location.search });
    actions.append(make("a", "Cancel visit", { href: `${cancel}?${back}`, class: "button" }));
  }
  const close = button("×", () => card.hidePopover(), "button close");
  close.setAttribute("aria-label", "Close");
  card.replaceChildren(
    make("h2", event.title, { id: "visit-card-title" }),
    ...warnings.map((words) => make("p", words, { class: "desk-note is-warning" })),
    ...notes.map((words) => make("p", words, { class: "desk-note" })),
    list,
    ...(people ? [takingPart(people)] : []),
    actions,
    close,
  );
  card.showPopover();
  const at = link.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const isLeft = at.right + width + 16 > innerWidth;
  card.style.left = `${Math.max(8, isLeft ? at.left - width - 8 : at.right + 8)}px`;
  card.style.top = `${Math.max(8, Math.min(at.top, innerHeight - height - 8))}px`;
  actions.querySelector("a").focus({ preventScroll: true });
}
