// On a small screen the ways to the pages of an account are one row to swipe: the page that is open
// is brought into view in it. The window itself stays where it is.

(() => {
  "use strict";

  const here = document.querySelector(".account-nav a[aria-current]");
  const row = here?.closest("ul");
  if (row) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
})();
