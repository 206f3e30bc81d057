// What is typed into a long form stays in this tab until it has arrived: over a lost connection,
// the Back button, and a page that was left. Drafts lie in the tab's own storage, for a day at
// most, marked with the account that typed them; passwords, codes, files, insurance numbers and
// medical histories are never put there. Signing out forgets them all.

(() => {
  "use strict";

  const PREFIX = "draft ";
  const DAY = 24 * 60 * 60 * 1000; // Milliseconds.
  const SECRET = /password|token|secret|otp|^code$|insurance_policy_number|medical_history/i;
  const KINDS = ["hidden", "file", "submit", "button", "image", "reset", "password"];
  const FORMS = "form[data-draft], #content-main > form[id$='_form'], .week-form, #walk-in";
  const FAULTS = ".faults, .errornote, .errorlist";
  const words = document.currentScript.dataset;

  // The tab's storage

  function drafts() {
    return Object.keys(sessionStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => [key, JSON.parse(sessionStorage.getItem(key))]);
  }

  function isSomebodyElses(draft) {
    return Boolean(words.whose && draft.whose && draft.whose !== words.whose);
  }

  // Has it been sent, and is this page the answer to it? After a failed way a page is opened by
  // Back, by reloading or by itself; a log-in or an error is no answer.
  function hasArrived(draft) {
    const [way] = performance.getEntriesByType("navigation");
    const from = document.referrer && new URL(document.referrer).pathname;
    return (
      draft.sent &&
      way?.type === "navigate" &&
      !(way.responseStatus >= 400) &&
      from === draft.page &&
      !document.querySelector("[autocomplete=current-password], [name=username]") &&
      !(location.pathname === draft.page && document.querySelector(FAULTS))
    );
  }

  function tidy() {
    for (const [key, draft] of drafts()) {
      const isOld = Date.now() - draft.at > DAY;
      if (isOld || isSomebodyElses(draft) || hasArrived(draft)) sessionStorage.removeItem(key);
    }
  }

  let isOver = false; // Signed out: nothing is put down any more.

  function forgetAll() {
    isOver = true;
    for (const [key] of drafts()) sessionStorage.removeItem(key);
  }

  // One form

  function isKept(control) {
    return control.name && !KINDS.includes(control.type) && !SECRET.test(control.name);
  }

  function stateOf(control) {
    if (["checkbox", "radio"].includes(control.type)) return control.checked;
    if (!control.selectedOptions) return control.value;
    return [...control.selectedOptions].map((option) => [option.value, option.text]);
  }

  function put(control, state) {
    if (JSON.stringify(stateOf(control)) === JSON.stringify(state)) return false;
    if (typeof state === "boolean") control.checked = state;
    else if (typeof state === "string") control.value = state;
    else choose(control, state);
    control.closest("details")?.setAttribute("open", "");
    control.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }

  function choose(select, chosen) {
    for (const [value, text] of chosen) {
      const isThere = [...select.options].some((option) => option.value === value);
      if (!isThere) select.add(new Option(text, value)); // Was found by searching.
    }
    const values = chosen.map(([value]) => value);
    for (const option of select.options) option.selected = values.includes(option.value);
  }

  function follow(form, number) {
    const key = `${PREFIX}${location.pathname} ${number}`;
    const touched = new Set();
    let isSent = false;
    let isDropped = false;
    let timer = 0;

    const named = (name) => [...form.elements].filter((control) => control.name === name);

    function save() {
      clearTimeout(timer);
      if (isOver || isDropped || !touched.size) return;
      const fields = [...touched].map((name) => [name, named(name).map(stateOf)]);
      const draft = { page: location.pathname, whose: words.whose, at: Date.now(), fields };
      sessionStorage.setItem(key, JSON.stringify({ ...draft, sent: isSent }));
    }

    function restore(draft) {
      let isChanged = false;
      for (const [name, states] of draft.fields) {
        touched.add(name);
        named(name).forEach((control, at) => {
          if (at < states.length && isKept(control)) isChanged = put(control, states[at]) || isChanged;
        });
      }
      return isChanged;
    }

    function touch(event) {
      if (!isKept(event.target)) return;
      touched.add(event.target.name);
      clearTimeout(timer);
      timer = setTimeout(save, 300);
    }

    function drop() {
      isDropped = true;
      sessionStorage.removeItem(key);
      location.replace(location.pathname + location.search);
    }

    const draft = JSON.parse(sessionStorage.getItem(key));
    if (draft && draft.whose === words.whose) {
      const isAnswer = document.querySelector(FAULTS); // It has all that was typed already.
      if (isAnswer) draft.fields.forEach(([name]) => touched.add(name));
      else if (restore(draft)) say(form, words.kept, drop);
      save();
    }

    form.addEventListener("input", touch);
    form.addEventListener("change", touch);
    window.addEventListener("pagehide", save);
    document.addEventListener("visibilitychange", save);
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      isSent = false;
      if (!sessionStorage.getItem(key)) touched.clear(); // It has arrived meanwhile.
    });
    window.addEventListener("submit", (event) => {
      if (event.target !== form || event.defaultPrevented) return;
      isSent = !event.submitter?.formNoValidate;
      save();
    });
  }

  // Words

  function bar(kind, sentence) {
    const box = document.createElement("div");
    box.className = `draft-bar ${kind}`;
    box.setAttribute("role", "status");
    box.append(Object.assign(document.createElement("span"), { textContent: sentence }));
    return box;
  }

  function say(form, sentence, drop) {
    const box = bar("draft-kept", sentence);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.afresh;
    button.addEventListener("click", drop);
    box.append(button);
    form.before(box);
  }

  function tellConnection() {
    const shown = document.querySelector(".draft-line");
    if (navigator.onLine && !shown) return;
    shown?.remove();
    const sentence = navigator.onLine ? words.back : words.lost;
    const box = bar(navigator.onLine ? "draft-line is-back" : "draft-line", sentence);
    document.body.append(box);
    if (navigator.onLine) setTimeout(() => box.remove(), 6000);
  }

  try {
    tidy();
  } catch {
    return; // A browser that lets pages store nothing.
  }
  const followed = [...document.querySelectorAll(FORMS)].filter((form) => form.method === "post");
  followed.forEach(follow);
  if (followed.length) {
    window.addEventListener("offline", tellConnection);
    window.addEventListener("online", tellConnection);
    if (!navigator.onLine) tellConnection();
  }
  window.addEventListener(
    "submit",
    (event) => {
      if (navigator.onLine || !followed.includes(event.target)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      tellConnection();
    },
    true,
  );
  window.addEventListener("submit", (event) => {
    if (/\/(sign-out|logout)\/$/.test(event.target.action)) forgetAll();
  });
})();
