/* The button that switches between light and dark and remembers it. */

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light" | "dark"} what is shown now */
function shown() {
  const chosen = root.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.addEventListener("click", () => {
    const next = shown() === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try {
      localStorage.setItem("mendline-theme", next);
    } catch {
      // not remembered then
    }
  });
}
