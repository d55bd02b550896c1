// Words edited in place: Esc puts the old ones back, and what is not saved yet survives when a tile is moved.
// Dialogs that came back with an error are opened as the modal ones they are.
(function () {
  "use strict";
  const inplace = (el) => el.closest?.("form[data-inplace]");
  let kept = null;

  document.addEventListener("input", (event) => inplace(event.target)?.setAttribute("data-dirty", ""));
  document.addEventListener("reset", (event) => inplace(event.target)?.removeAttribute("data-dirty"));
  document.addEventListener("keydown", (event) => {
    const form = inplace(event.target);
    if (!form) return;
    if (event.key === "Escape") form.reset();
    if (event.key === "Enter" && event.target.matches("textarea") && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  }, true);

  document.addEventListener("htmx:beforeSwap", () => {
    const form = document.querySelector("form[data-inplace][data-dirty]");
    kept = form && new Map([...form.querySelectorAll("textarea")].map((input) => [input.id, input.value]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, value] of kept || []) {
      const input = document.getElementById(id);
      if (!input) continue;
      input.value = value;
      inplace(input)?.setAttribute("data-dirty", "");
    }
    kept = null;
  });

  function openDialogs() {
    for (const dialog of document.querySelectorAll("dialog[open]")) {
      dialog.close();
      dialog.showModal();
      dialog.querySelector("[aria-invalid], select, textarea")?.focus();
    }
  }

  document.addEventListener("desk:shown", openDialogs);
  openDialogs();
})();
