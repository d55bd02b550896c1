// Turns <input data-chips> (comma separated text, or data-chips-separator="|") into chips. The input itself stays the
// form's value, hidden, so the server reads one text with or without this script.
(function () {
  "use strict";

  function build(field) {
    if (field.dataset.chipsReady) return;
    field.dataset.chipsReady = "1";
    const separator = field.dataset.chipsSeparator || ",";
    const split = (text) => text.split(separator).map((part) => part.trim()).filter(Boolean);
    let values = split(field.value);
    const box = document.createElement("div");
    box.className = "chips-input";
    const typing = document.createElement("input");
    typing.className = "chips-typing";
    typing.dir = "auto";
    typing.autocomplete = "off";
    typing.placeholder = field.placeholder;
    for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) {
      if (field.hasAttribute(name)) typing.setAttribute(name, field.getAttribute(name));
    }
    if (field.dataset.chipsSuggest) typing.setAttribute("list", field.dataset.chipsSuggest);
    // The label keeps pointing at what can be focused.
    typing.id = field.id;
    field.removeAttribute("id");
    field.hidden = true;
    field.before(box);
    box.append(field, typing);

    function set(next) {
      values = [...new Set(next)];
      field.value = values.join(separator === "," ? ", " : ` ${separator} `);
      field.dispatchEvent(new Event("change", { bubbles: true }));
      draw();
    }

    function draw() {
      box.querySelectorAll(".chip").forEach((chip) => chip.remove());
      for (const value of values) typing.before(chip(value));
      typing.placeholder = values.length ? "" : field.placeholder;
    }

    function chip(value) {
      const el = document.createElement("span");
      el.className = "chip";
      const text = document.createElement("span");
      text.className = "chip-text";
      text.dir = "auto";
      text.textContent = value;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "chip-remove";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove ${value}`);
      remove.addEventListener("click", () => {
        set(values.filter((one) => one !== value));
        typing.focus();
      });
      el.append(text, remove);
      return el;
    }

    function take() {
      const added = split(typing.value);
      typing.value = "";
      if (added.length) set([...values, ...added]);
    }

    typing.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === separator) && typing.value.trim()) {
        event.preventDefault();
        take();
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault(); // an empty Enter must not send the whole form
      } else if (event.key === "Backspace" && !typing.value && values.length) {
        set(values.slice(0, -1));
      }
    });
    typing.addEventListener("input", () => typing.value.includes(separator) && take());
    typing.addEventListener("change", (event) => {
      event.stopPropagation(); // half-typed text is not yet a value
      take();
    });
    box.addEventListener("click", (event) => event.target === box && typing.focus());
    field.form?.addEventListener("reset", () => setTimeout(() => { values = split(field.value); draw(); }));
    draw();
  }

  const setUp = (root) => root.querySelectorAll("input[data-chips]").forEach(build);
  document.addEventListener("htmx:load", (event) => setUp(event.detail.elt.parentElement || document));
  setUp(document);
})();
