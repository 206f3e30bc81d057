// Keeps the page of a file current while the file is at work, without loading the page anew.

(() => {
  "use strict";

  const EVERY_MS = 1000;
  const parts = ["file-state", "file-body"];

  async function look() {
    let response;
    try {
      response = await fetch(location.href, { headers: { Accept: "text/html" } });
    } catch {
      return true; // The network is away for a moment.
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = parts.map((id) => page.getElementById(id));
    if (found.includes(null)) {
      location.reload(); // Signed out, or the page is gone: let it say so.
      return false;
    }
    parts.forEach((id, place) => {
      const shown = document.getElementById(id);
      if (shown.innerHTML !== found[place].innerHTML) {
        shown.replaceChildren(...found[place].childNodes);
      }
    });
    return "atWork" in found[1].dataset;
  }

  async function watch() {
    while (await look()) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  watch();
})();
