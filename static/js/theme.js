// Sets the chosen theme before the first paint, so that the page never flashes the other one.
// Without a choice the system's setting counts. `data-dark` tells the CSS which of the two is showing.
(function () {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage may be blocked; the system's setting still works
    }
  }

  function show() {
    const theme = chosen();
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    root.toggleAttribute("data-dark", theme ? theme === "dark" : system.matches);
  }

  root.classList.add("js");
  show();
  system.addEventListener("change", show);
  window.addEventListener("storage", show);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = root.hasAttribute("data-dark") ? "light" : "dark";
    try {
      // Back to what the system says means: no choice kept.
      if ((next === "dark") === system.matches) localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      return;
    }
    show();
  });
})();
