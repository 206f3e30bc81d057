// The calendar of the staff console: draws what the clinic's feed gives, and sends what is dragged.
// Times are those of the clinic's clocks ("2026-11-23T09:00"), whatever zone the browser is in; they
// are counted as if they were UTC, which has no change of the clocks. What may be booked or moved,
// the clinic says.

const page = document.querySelector("#calendar");
const { doctor, place, view } = page.dataset;
const isByRooms = view === "rooms"; // A column for each room, in which nothing is dragged.
const isDay = view === "day" || isByRooms; // A column for each doctor; all else is one doctor's.
const doctors = JSON.parse(document.querySelector("#doctors").textContent);
const mayBook = "mayBook" in page.dataset && view !== "month" && doctors.some((one) => one.is_active);
const token = document.querySelector("#booking input[name=csrfmiddlewaretoken]").value;
const lost = "The clinic can't be reached, or you are signed out. Reload the page.";

const minutesBetween = (one, two) => (Date.parse(`${two}Z`) - Date.parse(`${one}Z`)) / 60000;
const later = (clock, seconds) =>
  new Date(Date.parse(`${clock}Z`) + seconds * 1000).toISOString().slice(0, 16);
const secondsOf = (duration) => duration.days * 86400 + duration.seconds;

async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { headers: { "X-CSRFToken": token }, ...options });
    return await answer.json();
  } catch {
    return null;
  }
}

const send = async (address, asked) =>
  (await ask(address, { method: "POST", body: new URLSearchParams(asked) }))
    ?? { done: false, message: lost };

// Moving

async function move(visit, asked, revert = () => {}) {
  const { sequence } = visit.extendedProps;
  const address = page.dataset.move.replace("00000000-0000-0000-0000-000000000000", visit.id);
  const answer = await send(address, { sequence, ...asked });
  if (answer.done) {
    lookFor(answer.visit);
    if (!answer.message) return;
    const undo = button("Undo", () => move(visit, answer.undo), "button default");
    const parts = [undo, ...wayTo(answer)];
    say("done", answer.message, { warnings: answer.warnings, parts, seconds: 15 });
    return;
  }
  revert();
  calendar.refetchEvents();
  if (answer.all_the_same) {
    const again = () => move(visit, { ...asked, all_the_same: answer.all_the_same });
    const parts = [button("Move all the same", again, "button default"), button("Leave it", hush)];
    say("asked", `${visit.title}: ${answer.message}`, { warnings: answer.warnings, parts });
    said.querySelector("button").focus();
    return;
  }
  const kept = Object.entries(asked).filter(([name]) => ["doctor", "duration_minutes"].includes(name));
  const parts = otherTimes(
    answer.alternatives,
    (starts_at) => move(visit, { ...Object.fromEntries(kept), starts_at }),
  );
  if (answer.may_overbook) parts.push(overbooking((overbook_reason) => move(visit, { ...asked, overbook_reason })));
  say("refused", answer.message, { parts });
}

function overbooking(take) {
  const form = make("form", "", { class: "overbooking" });
  const label = make("label", "Overbook, because ");
  const reason = make("input", "", { type: "text", maxlength: 200, required: "" });
  label.append(reason);
  form.append(label, make("button", "Overbook", { class: "button" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(reason.value);
  });
  return form;
}

function dropped({ event, delta, newResource, revert }) {
  const { local_start, starts_at } = event.extendedProps;
  const seconds = secondsOf(delta);
  const when = seconds ? { local_start: later(local_start, seconds) } : { starts_at };
  move(event, { ...when, ...(newResource ? { doctor: newResource.id } : {}) }, revert);
}

function resized({ event, endDelta, revert }) {
  const { starts_at, minutes, overbook_reason } = event.extendedProps;
  const duration_minutes = minutes + secondsOf(endDelta) / 60;
  move(event, { starts_at, duration_minutes, overbook_reason }, revert);
}

// The visit that was just booked or moved comes into view, or there is a way to it

let sought = location.hash.startsWith("#v-") ? location.hash.slice(3) : "";

function lookFor(id) {
  sought = id ?? "";
  calendar.refetchEvents();
}

function showSought() {
  const link = sought && page.querySelector(`.ec-event:not(.ec-preview) [data-visit="${CSS.escape(sought)}"]`);
  if (!link) return;
  sought = "";
  link.closest(".ec-event").classList.add("is-new");
  link.scrollIntoView({ block: "center", inline: "nearest" });
  link.focus({ preventScroll: true });
}

function wayTo({ visit, day }) {
  if (!day || shownDays.includes(day)) return [];
  const asked = new URLSearchParams({ ...(doctor ? { doctor } : {}), ...(place ? { place } : {}), view, date: day });
  return [make("a", "Show it", { href: `?${asked}#v-${visit}`, class: "button" })];
}

// Days on which nobody is there take little room

let shownDays = [];

function narrow(found, { from, to }) {
  shownDays = [];
  for (let day = from; day < to; day = later(`${day}T00:00`, 86400).slice(0, 10)) shownDays.push(day);
  if (view !== "week") return;
  const busy = new Set(found.filter((event) => !event.display).map((event) => event.start.slice(0, 10)));
  const idle = new Set(
    found.filter((event) => event.allDay && !event.classNames.includes("behind-away")).map((event) => event.start),
  );
  const isClosed = (day) => idle.has(day) && !busy.has(day);
  const widths = shownDays.map((day) => (isClosed(day) ? "3.75rem" : "minmax(var(--least, 0px), 1fr)"));
  if (shownDays.every(isClosed)) page.style.removeProperty("--columns");
  else page.style.setProperty("--columns", `max-content ${widths.join(" ")}`);
}

// What is drawn

const nameOf = ({ resourceIds, extendedProps }) =>
  extendedProps.doctor ?? doctors.find((one) => resourceIds.includes(one.id))?.title;

function heading({ resource }) {
  const { title, field } = doctors.find((one) => one.id === resource.id);
  if (isByRooms) return { domNodes: [make("strong", title), make("span", field, { class: "field" })] };
  const week = new URLSearchParams({ doctor: resource.id, view: "week", date: page.dataset.date });
  const name = make("a", title, { href: `?${week}`, title: `${title}, ${field}: the week` });
  return { domNodes: [name, make("span", field, { class: "field" })] };
}

function content({ event, timeText }) {
  if (event.display === "background") {
    return event.title ? { domNodes: [make("span", event.title, { class: "behind" })] } : undefined;
  }
  const { url, time, status, overbook_reason, record_number, born, phone, reason, warnings, notes, type, place: where, rooms, kept, people = [] } = event.extendedProps;
  if (!url) return undefined;
  const isDragged = event.display === "preview";
  const shown = isDragged ? timeText : time.slice(0, 5);
  const link = make("a", "", { href: url, draggable: "false", "data-visit": event.id, "aria-haspopup": "dialog" });
  link.addEventListener("click", (click) => {
    if (click.defaultPrevented || click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    showVisit(event, link);
  });
  link.append(
    make("span", shown, { class: "when" }),
    make("span", event.title, { class: "who" }),
    ...(isByRooms ? [make("span", nameOf(event), { class: "what" })] : []),
    ...[type, isByRooms ? "" : rooms].filter(Boolean).map((words) => make("span", words, { class: "what" })),
    ...(warnings.length ? [make("span", "⚠", { class: "state over", role: "img", "aria-label": "Warning" })] : []),
    ...(overbook_reason ? [make("span", "Overbooked", { class: "state over" })] : []),
    make("span", status, { class: "state" }),
    ...people.map((one) => make("span", `${one.name}, ${one.status.toLowerCase()}`, { class: "what person" })),
    ...(isDay ? [make("span", `, ${nameOf(event)}`, { class: "visually-hidden" })] : []),
  );
  link.title = [time, `${event.title} ${record_number}`, born && `Born ${born}`, phone, type, reason, isDay && nameOf(event), where, rooms, kept && `Kept free: ${kept}`, status, ...people.map((one) => `${one.name}: ${one.status}`), ...warnings.map((words) => `Warning: ${words}`), ...notes, overbook_reason && `Overbooked: ${overbook_reason}`]
    .filter(Boolean).join("\n");
  return { domNodes: [link] };
}

const remembered = (event) =>
  event.display ? event : { ...event, extendedProps: { ...event.extendedProps, local_start: event.start } };

async function load({ startStr, endStr }) {
  const days = { from: startStr.slice(0, 10), to: endStr.slice(0, 10) };
  const asked = new URLSearchParams({ ...(doctor ? { doctor } : {}), ...(place ? { place } : {}), ...(isByRooms ? { by: "rooms" } : {}), ...days });
  const found = await ask(`${page.dataset.events}?${asked}`);
  page.setAttribute("aria-busy", "false");
  // Whole days without hours are for the month; where hours are drawn, their own backdrop is there.
  const fits = (event) => view === "month" || !event.allDay;
  if (Array.isArray(found)) narrow(found, days);
  if (Array.isArray(found)) return found.filter(fits).map(remembered);
  say("refused", lost);
  return [];
}

function clicked({ dateStr, resource }) {
  if (view === "month") {
    const day = dateStr.slice(0, 10);
    location.search = new URLSearchParams({ doctor, view: "day", date: day });
  } else if (mayBook) {
    openBooking(dateStr, undefined, resource);
  }
}

// What it draws calls itself a table, whose cells hold no visits: to a screen reader it is a list
// of links. The view "Table" is a real one.
function plain() {
  page.querySelectorAll("[role=table], [role=row], [role=rowgroup], [role=cell], [role=columnheader]")
    .forEach((part) => part.removeAttribute("role"));
  page.querySelectorAll("[aria-colindex]").forEach((part) => part.removeAttribute("aria-colindex"));
  page.querySelectorAll(".ec-main").forEach((part) => { part.tabIndex = 0; }); // Scrolled by keys.
  showSought();
  page.querySelectorAll("aside:not([role])").forEach((part) => part.setAttribute("role", "none"));
}
new MutationObserver(plain).observe(page, { childList: true, subtree: true });

// What is kept free before a visit and after it goes with it: its hatched edges, in minutes.
function edged({ el, event }) {
  const { before, after } = event.extendedProps;
  if (before) el.style.setProperty("--before", before);
  if (after) el.style.setProperty("--after", after);
  el.classList.toggle("is-kept-before", Boolean(before));
  el.classList.toggle("is-kept-after", Boolean(after));
}

const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
page.setAttribute("aria-busy", "true");
const calendar = EventCalendar.create(page, {
  view: { day: "resourceTimeGridDay", rooms: "resourceTimeGridDay", week: "timeGridWeek", month: "dayGridMonth" }[view],
  resources: isDay ? doctors.map(({ id, title }) => ({ id, title })) : [],
  resourceLabelContent: heading,
  date: page.dataset.date,
  timeZone: page.dataset.offset,
  locale: "en-GB",
  firstDay: 1,
  headerToolbar: { start: "", center: "", end: "" },
  allDaySlot: false,
  slotDuration: "00:15",
  slotHeight: 18,
  slotLabelInterval: "01:00",
  slotLabelFormat: clock,
  eventTimeFormat: clock,
  snapDuration: "00:05",
  scrollTime: page.dataset.scroll,
  slotEventOverlap: false,
  dayHeaderFormat: view === "month" ? { weekday: "short" } : { weekday: "short", day: "numeric", month: "short" },
  dayMaxEvents: true,
  height: view === "month" ? "max(42rem, calc(100vh - 19rem))" : undefined,
  nowIndicator: true,
  editable: false,
  selectable: mayBook,
  pointer: mayBook,
  selectMinDistance: 5,
  unselectAuto: false,
  eventSources: [{ events: load }],
  eventContent: content,
  eventDidMount: edged,
  select: ({ startStr, endStr, resource }) => openBooking(startStr, minutesBetween(startStr, endStr), resource),
  dateClick: clicked,
  eventDrop: dropped,
  eventResize: resized,
});

// Whoever comes back to the page sees what others have done meanwhile.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !dialog.open) calendar.refetchEvents();
});
