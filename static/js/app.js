// Menus, sheets, dialogs, tabs, toasts, copying, and what htmx needs. One listener per event on the document,
// so that content swapped in later works without being wired up.
(function () {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // Sheets: a panel that covers the page on narrow screens.
  let sheetOpener = null;

  function closeSheet() {
    const panel = document.querySelector(".sheet-panel[data-open]");
    if (!panel) return false;
    panel.removeAttribute("data-open");
    document.querySelector(".scrim")?.remove();
    if (sheetOpener) {
      sheetOpener.setAttribute("aria-expanded", "false");
      sheetOpener.focus();
    }
    sheetOpener = null;
    return true;
  }

  function openSheet(opener) {
    const panel = byId(opener.dataset.sheet);
    if (!panel) return;
    const wasOpen = panel.hasAttribute("data-open");
    closeSheet();
    if (wasOpen) return;
    const scrim = document.createElement("div");
    scrim.className = "scrim";
    panel.parentNode.insertBefore(scrim, panel);
    panel.setAttribute("data-open", "");
    panel.setAttribute("tabindex", "-1");
    opener.setAttribute("aria-expanded", "true");
    sheetOpener = opener;
    // The panel turns visible with the next frame; before that it cannot take focus.
    requestAnimationFrame(() => (panel.querySelector("a[href], button") || panel).focus());
  }

  // Tabs between panels of one page; without this script the panels simply follow each other.
  function setUpTabs(list) {
    if (list.getAttribute("role") === "tablist") return;
    const tabs = [...list.querySelectorAll("[data-panel]")].filter((tab) => byId(tab.dataset.panel));
    if (!tabs.length) return;
    list.setAttribute("role", "tablist");
    for (const tab of tabs) {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", tab.dataset.panel);
      const panel = byId(tab.dataset.panel);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
    }
    selectTab(tabs.find((tab) => "#" + tab.dataset.panel === location.hash) || tabs.find((tab) => tab.hasAttribute("data-active")) || tabs[0]);
  }

  function selectTab(tab) {
    for (const other of tab.closest("[data-tabs]").querySelectorAll("[role=tab]")) {
      const on = other === tab;
      other.setAttribute("aria-selected", String(on));
      other.tabIndex = on ? 0 : -1;
      byId(other.dataset.panel)?.toggleAttribute("hidden", !on);
    }
  }

  // Toasts: good news leaves by itself unless somebody is reading it; bad news waits.
  function watchToast(toast) {
    if (toast.dataset.watched) return;
    toast.dataset.watched = "1";
    if (!toast.matches(".toast-success, .toast-info")) return;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 3000) : toast.remove());
    setTimeout(leave, toast.querySelector("[hx-post]") ? 12000 : 7000);
  }

  function say(text) {
    const copy = byId("toast-template").content.cloneNode(true);
    copy.querySelector("p").textContent = text;
    byId("toasts").append(copy);
  }

  async function copyText(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      const label = button.querySelector("span") || button;
      const before = label.textContent;
      label.textContent = "Copied";
      setTimeout(() => (label.textContent = before), 1500);
    } catch {
      say("The browser did not allow copying. Select the text and copy it by hand.");
    }
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const dialog = at("[data-dialog]");
    if (dialog) byId(dialog.dataset.dialog)?.showModal();
    if (at("[data-close]")) at("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
    if (at("[data-sheet]")) openSheet(at("[data-sheet]"));
    else if (at(".scrim, [data-close-sheet]")) closeSheet();
    if (at("[data-dismiss]")) at("[data-toast]")?.remove();
    if (at("[data-copy]")) copyText(at("[data-copy]"));
    const tab = at("[role=tab]");
    if (tab) {
      event.preventDefault();
      selectTab(tab);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else closeSheet();
    }
    const tab = event.target.closest?.("[role=tab]");
    if (tab && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const tabs = [...tab.closest("[data-tabs]").querySelectorAll("[role=tab]")];
      const next = tabs[(tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1) + tabs.length) % tabs.length];
      selectTab(next);
      next.focus();
    }
  });

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && event.target.closest("[data-submit-on-change]")) form.requestSubmit();
  });

  // A slider says its value where its `data-shows` points.
  document.addEventListener("input", (event) => {
    const output = event.target.dataset?.shows && byId(event.target.dataset.shows);
    if (output) output.textContent = event.target.value;
  });

  // One click, one post: the second submit of the same form is dropped until the page changes.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("data-busy", "");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[data-busy]")) button.removeAttribute("data-busy");
  });

  // A picture that does not load uncovers the drawn fallback behind it.
  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement) event.target.hidden = true;
  }, true);

  function setUp(root) {
    root.querySelectorAll("[data-tabs]").forEach(setUpTabs);
    root.querySelectorAll("[data-toast]").forEach(watchToast);
    for (const image of root.querySelectorAll("img")) {
      if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") image.hidden = true;
    }
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("htmx:load", (event) => {
    setUp(event.detail.elt.parentElement || document);
    event.detail.elt.querySelector?.("[data-autofocus]")?.focus();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 403) say("Your role cannot do this, or you were signed out. Load the page again.");
    else if (status === 404) say("This is no longer there. Load the page again.");
    else if (status === 409) say("Somebody changed this meanwhile. Load the page again to see it.");
    else if (status === 429) say("That was too much at once. Wait a moment and try again.");
    else say("Something broke on our side. Nothing you saved is lost; try again.");
  });
  document.addEventListener("htmx:sendError", () => say("The studio cannot be reached. Check the connection and try again."));

  setUp(document);
  document.querySelector(".error-summary")?.focus();
})();
