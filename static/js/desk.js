// One item after the other without a page load: links between items and the forms that decide are fetched, and what
// comes back takes the place of the item before. It also keeps the claim on what is looked at. Without this script, or
// when an answer is no item, everything is an ordinary page.
(function () {
  "use strict";
  const ITEM = /^\/review\/\d+\/$/;
  const ACT = /^\/review\/\d+\/(approve|fix-and-approve|changes|reject|resubmit|undo|overturn|edit|take-over)\/$/;
  const IDLE = 180000; // milliseconds without a sign of the person, after which the claim is not renewed
  const byId = (id) => document.getElementById(id);
  let busy = false;
  let seen = Date.now();
  let asked = 0;

  const dirty = () => document.querySelector("form[data-inplace][data-dirty]");

  function say(text) {
    const toast = byId("toast-template").content.cloneNode(true);
    toast.querySelector("p").textContent = text;
    byId("toasts").append(toast);
  }

  function put(selector, part) {
    const here = document.querySelector(selector);
    here.replaceChildren(...part.childNodes);
    window.htmx?.process(here);
    here.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true, detail: { elt: here.firstElementChild || here } }));
  }

  // Puts an answer in place; false when it is no item.
  function show(html, address, push) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.querySelector("[data-desk-main]");
    if (!main) return false;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    const toasts = [...page.querySelector("[data-desk-toasts]").children];
    byId("review-dialogs").replaceChildren(...page.querySelector("#review-dialogs").childNodes);
    put("#main", main);
    put(".action-bar", page.querySelector("[data-desk-actions]"));
    if (toasts.length) byId("toasts").replaceChildren(...toasts);
    window.htmx?.process(byId("toasts"));
    document.title = page.title;
    if (push && address !== location.pathname + location.search) history.pushState({ desk: true }, "", address);
    const title = byId("desk-title");
    window.scrollTo(0, 0);
    title.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("desk:shown"));
    if (!document.querySelector("dialog[open]")) byId("desk-said").textContent = title.dataset.announce;
    seen = Date.now();
    watch();
    return true;
  }

  async function go(address, options, push) {
    if (busy) return;
    busy = true;
    const from = byId("claim")?.dataset.leave;
    document.body.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { ...options, headers: { "X-Desk": "1" }, credentials: "same-origin" });
      const there = answer.headers.get("X-Go");
      if (there) return location.assign(there);
      const url = new URL(answer.url);
      // A refusal is answered under the address of the act; what it shows is the item.
      const path = ACT.test(url.pathname) ? location.pathname + location.search : url.pathname + url.search;
      if (!show(await answer.text(), path, push)) {
        if (answer.ok) return location.assign(answer.url);
        return say("That did not work. Load the page again to see what it is like now.");
      }
      if (from && byId("claim")?.dataset.leave !== from) send(from, {}); // somebody else may have it
    } catch {
      say("The studio cannot be reached; nothing was sent twice. Check the connection and try again.");
    } finally {
      busy = false;
      document.body.removeAttribute("aria-busy");
      for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
      for (const button of document.querySelectorAll("[data-busy]")) button.removeAttribute("data-busy");
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !ITEM.test(url.pathname) || link.target) return;
    event.preventDefault();
    if (dirty()) return say("You have words that are not saved. Press Enter in them to save, Esc to drop them, then go on.");
    go(url.pathname + url.search, {}, true);
  });

  // Before app.js, which guards ordinary forms against a second click.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A button without an address of its own says that of the page.
    const url = new URL(event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action);
    if (form.method !== "post" || form.matches("[hx-post]") || !ACT.test(url.pathname)) return;
    event.preventDefault();
    if (busy) return;
    event.submitter?.setAttribute("data-busy", "");
    go(url.pathname + url.search, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)) }, true);
  }, true);

  // The undo of a toast, which is a page load elsewhere.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toast] [hx-post]");
    const url = button && new URL(button.getAttribute("hx-post"), location.origin);
    if (!url || !ACT.test(url.pathname)) return;
    event.preventDefault();
    event.stopPropagation();
    go(url.pathname + url.search, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token() }) }, true);
  }, true);

  window.addEventListener("popstate", () => {
    if (ITEM.test(location.pathname)) go(location.pathname + location.search, {}, false);
    else location.reload();
  });

  // --- The claim -----------------------------------------------------------------------------------------------
  const token = () => document.querySelector("meta[name=csrf-token]").content;

  function send(address, values) {
    const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: token() });
    return fetch(address, { method: "POST", body, keepalive: true, credentials: "same-origin" });
  }

  function watch() {
    clearTimeout(asked);
    const claim = byId("claim");
    if (claim) asked = setTimeout(renew, Number(claim.dataset.every) * 1000);
  }

  async function renew() {
    const claim = byId("claim");
    if (!claim || document.hidden || busy) return watch();
    try {
      const active = Date.now() - seen < IDLE ? "1" : "0";
      const answer = await send(claim.dataset.claim, { active, revision: claim.dataset.revision });
      const html = await answer.text();
      if (answer.ok && !busy && byId("claim") === claim) tell(claim, answer.headers.get("X-Claim"), html);
    } catch {
      // the next one will do
    }
    watch();
  }

  // Said only when it is news: a live region that is written again is read again.
  function tell(claim, state, html) {
    const news = new DOMParser().parseFromString(html, "text/html").body;
    if (news.textContent.replace(/\s+/g, " ") === claim.textContent.replace(/\s+/g, " ")) return;
    claim.dataset.state = state;
    claim.replaceChildren(...news.childNodes);
  }

  for (const sign of ["pointerdown", "keydown", "scroll"]) document.addEventListener(sign, () => (seen = Date.now()), { passive: true, capture: true });
  document.addEventListener("visibilitychange", () => document.hidden || renew());
  document.addEventListener("desk:look", renew);
  window.addEventListener("pagehide", () => {
    const claim = byId("claim");
    if (claim && claim.dataset.state === "mine") send(claim.dataset.leave, {});
  });
  watch();
  document.documentElement.dataset.desk = "ready";
})();
