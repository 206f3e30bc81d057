"use strict";

// The board: keeps itself current, takes steps without leaving the page, and obeys keys. All of
// it works without this script, by links and forms.

(() => {
  const PAUSE = 3500; // Milliseconds between two questions.
  const PATIENCE = 6000; // How long an answer may take.
  const live = document.getElementById("live");
  const notes = document.getElementById("notes");
  const touch = document.getElementById("touch");
  const dialog = document.getElementById("cancel");
  const asking = document.getElementById("ask");
  const keys = document.getElementById("keys");
  const keysOn = document.getElementById("keys-on");
  let tag = live.dataset.tag;
  let timer = 0;
  let round = 0; // Counts what is asked: an answer that was overtaken is not shown.
  let lastCard = "";

  // What is shown

  function show(html, isAnswer) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = page.getElementById("live");
    if (!fresh) return false;
    const board = live.querySelector(".board");
    const place = board && [board.scrollLeft, board.scrollTop];
    const focus = live.contains(document.activeElement) ? document.activeElement : null;
    const card = focus && focus.closest(".card");
    const ids = focus ? [focus.id, card && card.id] : [];
    const wasBoard = focus === board;
    live.replaceChildren(...fresh.childNodes);
    if (isAnswer) notes.replaceChildren(...page.getElementById("notes").childNodes);
    const now = live.querySelector(".board");
    if (now && place) [now.scrollLeft, now.scrollTop] = place;
    const again = wasBoard ? now : ids.filter(Boolean).map((id) => document.getElementById(id)).find(Boolean);
    if (again) again.focus({ preventScroll: true });
    return true;
  }

  // Staying in touch

  function clock() {
    return new Date().toLocaleTimeString("en-GB");
  }

  function lost() {
    if (document.body.classList.contains("is-stale")) return;
    document.body.classList.add("is-stale");
    touch.textContent = `No connection to the clinic since ${clock()}. What you see may be out of date. Trying again…`;
  }

  function found() {
    if (!document.body.classList.contains("is-stale")) return;
    document.body.classList.remove("is-stale");
    touch.textContent = "";
  }

  function signedOut() {
    document.body.classList.add("is-stale");
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Sign in again";
    touch.replaceChildren("You are signed out. ", link);
  }

  function later() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    const mine = ++round;
    try {
      const response = await fetch(live.dataset.poll, {
        // Nobody is at work here: this is no use of the sign-in.
        headers: { "If-None-Match": tag, "X-Background": "1" },
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE),
      });
      const html = response.status === 200 ? await response.text() : "";
      if (mine !== round) return;
      if (response.type === "opaqueredirect") {
        signedOut();
        return;
      }
      if (response.status === 304) found();
      else if (response.status === 200 && show(html, false)) {
        tag = response.headers.get("ETag");
        found();
      } else lost();
    } catch {
      if (mine !== round) return;
      lost();
    }
    later();
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) ask();
  });
  window.addEventListener("online", ask);

  // Steps

  async function take(action, body) {
    const mine = ++round;
    clearTimeout(timer);
    const url = new URL(action, location.href);
    const back = new URL(url.searchParams.get("next") || location.href, location.href);
    url.searchParams.set("next", live.dataset.poll.split("?")[0] + back.search);
    try {
      const response = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
      const html = await response.text();
      if (response.ok && show(html, true)) {
        tag = response.headers.get("ETag") || "";
        mark(back.searchParams.get("done"));
        found();
      } else if (response.ok && inquire(html, url)) found();
      else if (response.ok) location.reload();
      else say(`Not done: the clinic answered ${response.status}. Please try again.`);
    } catch {
      lost();
      say("Not done, or not known whether it is: the clinic doesn't answer. Look again once it does.");
    }
    if (mine === round) later();
  }

  // The clinic asks before it takes the step: its question, in a dialog.

  function inquire(html, url) {
    const question = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-asks]");
    if (!question) return false;
    const form = asking.querySelector("form");
    form.action = url;
    document.getElementById("ask-heading").textContent = question.dataset.asks;
    document.getElementById("ask-what").replaceChildren(...question.querySelector(".asked").childNodes);
    form.querySelector("button.default").textContent = question.querySelector("[type=submit]").value;
    live.querySelectorAll("button:disabled").forEach((button) => { button.disabled = false; });
    asking.showModal();
    form.querySelector("button.default").focus();
    return true;
  }

  function say(text) {
    const note = document.createElement("div");
    note.className = "note is-error";
    note.textContent = text;
    notes.replaceChildren(note);
  }

  // A success has been read after a while, unless somebody is at it; its Undo is on the card, too.

  let fading = 0;
  function fade() {
    clearTimeout(fading);
    fading = setTimeout(() => {
      if (notes.matches(":hover, :focus-within")) fade();
      else notes.querySelectorAll(".note.is-success").forEach((note) => note.remove());
    }, 20000);
  }
  new MutationObserver(fade).observe(notes, { childList: true });

  function mark(id) {
    const card = id && document.getElementById(`v-${id}`);
    if (card) card.classList.add("is-done");
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.closest("#cancel, #ask")) {
      if (button && button.formMethod === "dialog") return;
      event.preventDefault();
      form.closest("dialog").close();
      take(form.action, new FormData(form));
    } else if (form.closest("#live, #notes")) {
      event.preventDefault();
      const action = button && button.hasAttribute("formaction") ? button.formAction : form.action;
      if (button) button.disabled = true;
      take(action, new FormData(form));
    }
  });

  live.addEventListener("click", (event) => {
    const link = event.target.closest("a.is-cancel");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const form = dialog.querySelector("form");
    form.reset();
    form.action = link.href;
    document.getElementById("cancel-whose").textContent = link.closest(".session-person, .card").getAttribute("aria-label");
    dialog.showModal();
  });

  // From card to card

  function go(card) {
    if (!card) return;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function current() {
    const at = document.activeElement && document.activeElement.closest(".card");
    return at || document.getElementById(lastCard);
  }

  live.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) lastCard = card.id;
  });

  function move(way) {
    const cards = [...live.querySelectorAll(".card")];
    const card = current();
    const first = cards.find((one) => one.matches(".is-booked, .is-checked_in, .is-in_consultation")) || cards[0];
    go(card ? cards[cards.indexOf(card) + way] : first);
  }

  function sideways(way) {
    const card = current();
    if (!card) return;
    const top = card.getBoundingClientRect().top;
    let column = card.closest(".board-column");
    while ((column = way > 0 ? column.nextElementSibling : column.previousElementSibling)) {
      const cards = [...column.querySelectorAll(".card")];
      if (!cards.length) continue;
      const far = (one) => Math.abs(one.getBoundingClientRect().top - top);
      go(cards.reduce((best, one) => (far(one) < far(best) ? one : best)));
      return;
    }
  }

  const moves = { j: () => move(1), k: () => move(-1) };
  const arrows = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowRight: () => sideways(1),
    ArrowLeft: () => sideways(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || asking.open || !keysOn.checked) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const key = event.key;
    const isCard = event.target.matches(".card");
    if (keys.matches(":popover-open") && key !== "?") return;
    let act = moves[key] || (isCard && arrows[key]);
    if (key === "/") act = () => document.querySelector("#find-patient input").focus();
    else if (key === "Enter" && isCard) act = () => event.target.querySelector(".card-open").click();
    else if (!act && key.length === 1) {
      const name = CSS.escape(key);
      const card = current();
      const button = (card && card.querySelector(`[data-key="${name}"]`))
        || document.querySelector(`.board-tools [data-key="${name}"]`);
      if (button) act = () => button.click();
    }
    if (!act) return;
    event.preventDefault();
    act();
  });

  keysOn.checked = localStorage.getItem("board-keys") !== "off";
  keysOn.addEventListener("change", () => {
    localStorage.setItem("board-keys", keysOn.checked ? "on" : "off");
  });

  // Where to begin: at the card that the address names, else a little before now.

  function begin() {
    const card = location.hash.startsWith("#v-") && document.getElementById(location.hash.slice(1));
    const board = live.querySelector(".board");
    const now = document.getElementById("now");
    if (card) {
      card.classList.add("is-done");
      card.scrollIntoView({ block: "center", inline: "nearest" });
      card.focus({ preventScroll: true });
    } else if (board && now) board.scrollTop = now.offsetTop - board.clientHeight / 3;
  }

  begin();
  fade();
  later();
})();
