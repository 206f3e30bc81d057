// What a browser can add to passwords: showing what was typed, and how strong a new one is.
// The server checks everything again, and more.

// Their names stand in the page, in its language.
const KINDS = [
  ["length", (typed) => [...typed].length >= 8],
  ["case", (typed) => /\p{Lu}/u.test(typed) && /\p{Ll}/u.test(typed)],
  ["digit", (typed) => /\p{Nd}/u.test(typed)],
  ["special", (typed) => /[^\p{L}\p{N}]/u.test(typed)],
];
const PAUSE = 600; // Milliseconds without a key before it is said: not after every letter.

for (const holder of document.querySelectorAll("[data-password]")) {
  const input = holder.querySelector("input");
  const button = holder.querySelector("[data-reveal]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
  // Sent as a password, so that no browser keeps it as a word that was typed before.
  input.form.addEventListener("submit", () => {
    input.type = "password";
    button.setAttribute("aria-pressed", "false");
  });
  const strength = holder.parentElement.querySelector("[data-strength]");
  if (strength) watch(input, strength);
}

function watch(input, strength) {
  const words = strength.querySelector(".strength-words");
  const bars = strength.querySelectorAll(".strength-bar i");
  let timer;
  input.addEventListener("input", () => {
    const missing = KINDS.filter(([, isMet]) => !isMet(input.value)).map(([name]) => strength.dataset[name]);
    strength.hidden = input.value === "";
    strength.toggleAttribute("data-strong", missing.length === 0);
    bars.forEach((bar, at) => bar.classList.toggle("on", at < KINDS.length - missing.length));
    clearTimeout(timer);
    timer = setTimeout(() => {
      words.textContent = missing.length
        ? `${strength.dataset.needed} ${missing.join(", ")}`
        : strength.dataset.good;
    }, PAUSE);
  });
}
