// Forms that a device answers with a passkey: the server's challenge goes to the device, and what
// the device has signed goes back in the form. Without this script, or passkeys in the browser,
// these forms stay hidden, and the other ways on the page are there.

const BINARY = ["rawId", "attestationObject", "authenticatorData", "clientDataJSON", "signature", "userHandle"];

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", answer);
  }
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
}

async function answer(event) {
  const form = event.currentTarget;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  say(form, "");
  try {
    const publicKey = await challenge(form);
    const made = await navigator.credentials[form.dataset.passkey === "add" ? "create" : "get"]({ publicKey });
    form.querySelector("[data-answer]").value = JSON.stringify(plain(made));
    form.submit();
  } catch (error) {
    const known = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
    say(form, form.dataset[known[error.name] ?? "failed"]);
    button.disabled = false;
  }
}

async function challenge(form) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("for", form.dataset.passkey);
  const response = await fetch(form.dataset.options, { method: "POST", body });
  if (!response.ok) throw new Error(response.status);
  const options = await response.json();
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    for (const one of options[name] ?? []) one.id = bytes(one.id);
  }
  return options;
}

function plain(made) {
  const response = {};
  for (const name of BINARY) if (made.response[name]) response[name] = text(made.response[name]);
  if (made.response.getTransports) response.transports = made.response.getTransports();
  return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}

function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function text(buffer) {
  const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function say(form, words) {
  const place = form.querySelector("[data-said]");
  place.textContent = words;
  place.hidden = words === "";
}
