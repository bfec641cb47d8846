/* The chosen theme, set before the first paint so that nothing flashes; and a mark that scripts run. */
"use strict";

(() => {
  const root = document.documentElement;
  root.dataset.js = "on";
  try {
    const chosen = localStorage.getItem("mendline-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // storage may be forbidden; then the system decides
  }
})();
