// What a browser can add to the registration page: the photo's preview, a large photo made
// smaller, empty fields found before anything is sent (which keeps the chosen photo), and one
// sending only. The page works without any of it, and the server checks everything again. What it
// says stands in the page, in the language of the page.

const TYPES = ["image/jpeg", "image/png"];
const LONGEST_SIDE = 3000; // Pixels: more than enough to read an identity document.

const form = document.querySelector("[data-register]");
const photo = form.querySelector('input[type="file"]');
const preview = form.querySelector("[data-preview]");
const image = form.querySelector("[data-preview-image]");
const words = form.querySelector("[data-preview-words]");

// Faults: the same marks that the server sets

function holder(control) {
  return control.closest("fieldset") ?? control;
}

function clearFault(control) {
  const field = control.closest(".field");
  const list = field.querySelector(".errorlist");
  field.classList.remove("field-faulty");
  field.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  if (!list) return;
  const described = holder(control);
  const others = (described.getAttribute("aria-describedby") ?? "").split(" ");
  described.setAttribute("aria-describedby", others.filter((id) => id !== list.id).join(" "));
  list.remove();
}

function showFault(control, sentence) {
  clearFault(control);
  const field = control.closest(".field");
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.id = `${control.id}_fault`;
  list.append(document.createElement("li"));
  list.firstChild.textContent = sentence;
  const hint = field.querySelector(".hint, label, legend");
  const before = field.querySelector(".check") ?? hint.nextSibling;
  before.parentNode.insertBefore(list, before);
  field.classList.add("field-faulty");
  control.setAttribute("aria-invalid", "true");
  const described = holder(control);
  const others = described.getAttribute("aria-describedby") ?? "";
  described.setAttribute("aria-describedby", `${others} ${list.id}`.trim());
}

function showSummary(faults) {
  form.querySelector("#faults")?.remove();
  const summary = document.createElement("div");
  summary.className = "faults";
  summary.id = "faults";
  summary.tabIndex = -1;
  summary.setAttribute("role", "alert");
  summary.append(document.createElement("h2"), document.createElement("ul"));
  summary.firstChild.textContent = form.dataset.check;
  for (const [control, sentence] of faults) {
    const link = document.createElement("a");
    link.href = `#${control.id}`;
    link.textContent = sentence;
    const item = document.createElement("li");
    item.append(link);
    summary.lastChild.append(item);
  }
  form.querySelector("section").before(summary);
  summary.focus();
}

function emptyFields() {
  const faults = new Map(); // One for each field, though a date has three controls.
  for (const control of form.querySelectorAll("[data-required]")) {
    const field = control.closest(".field");
    if (control.validity.valueMissing && !faults.has(field)) {
      faults.set(field, [control, control.dataset.required]);
    }
  }
  return [...faults.values()];
}

// The photo

function photoFault(file) {
  if (!TYPES.includes(file.type)) return photo.dataset.noPhoto;
  return file.size > photo.dataset.maxBytes ? photo.dataset.tooLarge : "";
}

async function madeSmaller(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

async function choose() {
  let file = photo.files[0];
  preview.hidden = true;
  if (file && TYPES.includes(file.type) && file.size > photo.dataset.maxBytes) {
    try {
      file = await madeSmaller(file);
      const files = new DataTransfer();
      files.items.add(file);
      photo.files = files.files;
    } catch {
      // It goes to the server as it is, or not at all.
    }
  }
  show(file);
}

function show(file) {
  URL.revokeObjectURL(image.src);
  preview.hidden = true;
  photo.closest(".field").querySelector(".again")?.remove();
  clearFault(photo);
  const kept = form.querySelector("[data-kept]");
  if (kept) kept.hidden = Boolean(file);
  if (!file) return;
  const fault = photoFault(file);
  if (fault) {
    showFault(photo, fault);
    return;
  }
  image.src = URL.createObjectURL(file);
  words.textContent = photo.dataset.look;
  preview.hidden = false;
}

image.addEventListener("error", () => {
  if (preview.hidden) return;
  preview.hidden = true;
  showFault(photo, photo.dataset.unreadable);
});

image.addEventListener("load", () => {
  if (Math.max(image.naturalWidth, image.naturalHeight) >= photo.dataset.leastSide) return;
  preview.hidden = true;
  showFault(photo, photo.dataset.tooSmall);
});

let working = null; // A promise while a photo is being made smaller.

photo.addEventListener("change", () => {
  working = choose().finally(() => (working = null));
});

// Sending

let isSent = false;

form.addEventListener("submit", (event) => {
  if (event.submitter?.formNoValidate) return; // Another language: nothing is checked.
  if (isSent || working) {
    event.preventDefault();
    working?.then(() => form.requestSubmit());
    return;
  }
  const empty = emptyFields();
  for (const [control, sentence] of empty) showFault(control, sentence);
  const chosen = photo.files[0] && photoFault(photo.files[0]);
  const faults = chosen ? [...empty, [photo, chosen]] : empty;
  if (faults.length) {
    event.preventDefault();
    showSummary(faults);
    return;
  }
  isSent = true;
  const button = form.querySelector('[type="submit"]');
  button.setAttribute("aria-disabled", "true");
  button.textContent = button.dataset.busy;
});

// A page that comes back out of the browser's memory can be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

if (photo.files[0]) choose();
