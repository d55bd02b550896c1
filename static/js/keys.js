// Declarative shortcuts: an element with data-key answers that key when nobody is typing. `?` lists them.
(function () {
  "use strict";
  const NAMES = { "ctrl+enter": "Ctrl ↵", "ctrl+k": "Ctrl K", enter: "↵", arrowdown: "↓", arrowup: "↑", arrowleft: "←", arrowright: "→" };
  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable]";

  // An open dialog takes the keyboard: only what is inside it answers.
  const scope = () => document.querySelector("dialog[open]") || document;

  function live() {
    return [...scope().querySelectorAll("[data-key]")].filter((el) => !el.disabled && el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden");
  }

  function pressed(event) {
    const key = event.key.toLowerCase();
    return event.ctrlKey || event.metaKey ? `ctrl+${key}` : key;
  }

  function label(el) {
    const own = el.dataset.keyLabel || el.getAttribute("aria-label");
    return own || el.textContent.trim().replace(/\s+/g, " ").slice(0, 80);
  }

  function showHelp() {
    const dialog = document.getElementById("keys-help");
    if (!dialog || dialog.open) return;
    const rows = new Map();
    for (const el of live()) if (!rows.has(el.dataset.key)) rows.set(el.dataset.key, label(el));
    rows.set("?", "Show this list");
    rows.set("Esc", "Close what is open");
    dialog.querySelector("tbody").replaceChildren(
      ...[...rows].map(([key, does]) => {
        const row = document.createElement("tr");
        const cap = document.createElement("kbd");
        cap.textContent = NAMES[key] || (key.length === 1 ? key.toUpperCase() : key);
        const head = document.createElement("th");
        head.scope = "row";
        head.append(cap);
        const cell = document.createElement("td");
        cell.textContent = does;
        row.append(head, cell);
        return row;
      }),
    );
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
    const typing = event.target.closest?.(TYPING);
    const key = pressed(event);
    if (typing && key === "escape") return typing.blur();
    if (typing && !key.startsWith("ctrl+")) return;
    if (key === "enter" && event.target.closest?.("a, button, summary")) return; // the focused thing keeps its own Enter
    if (key === "?" && scope() === document) {
      event.preventDefault();
      return showHelp();
    }
    const el = live().find((one) => one.dataset.key === key);
    if (!el) return;
    event.preventDefault();
    if (el.matches(TYPING)) {
      el.focus();
      el.select?.();
    } else {
      el.focus({ preventScroll: true }); // a button of the bottom bar would pull the page down to its end
      el.click();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-help]")) showHelp();
  });
})();
