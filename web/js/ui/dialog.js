// Modal dialogs. Confirmations name the thing and say what will happen.
import { h, uid } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { problem } from "./problem.js";

/** Opens a dialog around `content(close)`; answers what `close(value)` was given, undefined when dismissed. */
export function openDialog(title, content, { className = "", label = null } = {}) {
  const id = uid("dialog");
  const before = document.activeElement;
  return new Promise((done) => {
    let answer;
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    const dialog = h("dialog", { class: className, "aria-labelledby": title ? id : null, "aria-label": label },
      h("div", { class: "inside" },
        title && h("div", { class: "head" }, h("h2", { id }, title),
          h("button", { class: "button quiet small icon", type: "button", "aria-label": "Close", onclick: () => close() }, icon("close"))),
        content(close)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      done(answer);
    });
    dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.dataset.sticky === undefined && close());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-autofocus]")?.focus();
  });
}

/**
 * Asks before something that matters. `action()` runs while the dialog is open, and its failure is shown in it.
 * `typed` must be written to confirm. Answers true when it was done.
 */
export function confirm({ title, consequences = [], label, danger = true, action, typed = null }) {
  return openDialog(title, (close) => {
    const place = h("div", { "aria-live": "assertive" });
    const button = h("button", { class: `button primary ${danger ? "danger" : ""}`, type: "submit", "aria-disabled": typed ? "true" : null, "data-autofocus": !typed }, label);
    const field = typed && h("input", { class: "input", id: uid("typed"), autocomplete: "off", "data-autofocus": true, spellcheck: false, oninput: () => button.setAttribute("aria-disabled", String(field.value !== typed)) });
    return h("form", { class: "stack", onsubmit: submit },
      h("ul", { class: "consequences" }, consequences.filter(Boolean).map((text) => h("li", null, icon("arrow", { size: 14 }), h("span", null, text)))),
      typed && h("div", { class: "field" }, h("label", { for: field.id }, "Type ", h("bdi", { class: "mono" }, typed), " to confirm"), field),
      place,
      h("div", { class: "foot" }, h("button", { class: "button", type: "button", onclick: () => close(false) }, "Keep it"), button));

    async function submit(event) {
      event.preventDefault();
      if (button.getAttribute("aria-disabled") === "true") return;
      button.setAttribute("aria-busy", "true");
      button.setAttribute("aria-disabled", "true");
      try {
        await action();
        close(true);
      } catch (error) {
        place.replaceChildren(problem(error));
        button.removeAttribute("aria-busy");
        button.setAttribute("aria-disabled", "false");
      }
    }
  });
}
