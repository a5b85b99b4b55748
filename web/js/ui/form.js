// What all forms do: send once, show a refusal where it belongs, not lose what was typed.
import { h } from "../core/dom.js";
import { go, guard } from "../core/router.js";
import { openDialog } from "./dialog.js";
import { showRefusal } from "./field.js";
import { problem } from "./problem.js";

/** A form around `children`. `send()` does it; it goes to where `send` answers. `back` is where Cancel leads. */
export function form(view, children, { send, label, back }) {
  let isChanged = false;
  let isDone = false;
  const place = h("div");
  const button = h("button", { type: "submit", class: "button primary" }, label);
  const element = h("form", {
    class: "form", novalidate: true, onsubmit: submit,
    oninput: () => touched(), onchange: () => touched(),
  }, children, place, h("div", { class: "form-foot" }, button, h("button", { type: "button", class: "button", onclick: () => go(back) }, "Cancel"), h("span", { class: "small muted" }, "Ctrl Enter saves")));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
  });
  addEventListener("beforeunload", (event) => isChanged && event.preventDefault(), { signal: view.signal });

  // A field that is taken away with its page reports a last change: that one means nothing.
  function touched() {
    if (isChanged || isDone || view.signal.aborted) return;
    isChanged = true;
    guard(async () => (await leaveAnyway()) === true);
  }

  async function submit(event) {
    event.preventDefault();
    if (button.getAttribute("aria-busy")) return;
    const missing = [...element.querySelectorAll("[required]")].find((control) => !control.value.trim());
    if (missing) {
      showRefusal(element, { param: missing.closest("[data-field]")?.dataset.field, message: "This is needed." }, place, problem);
      return;
    }
    button.setAttribute("aria-busy", "true");
    try {
      const target = await send();
      isChanged = false;
      isDone = true;
      guard(null);
      if (target) await go(target);
    } catch (error) {
      showRefusal(element, error, place, (e) => problem(e));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
  return element;
}

function leaveAnyway() {
  return openDialog("Leave without saving?", (close) => [
    h("p", null, "What you changed on this page is not saved yet."),
    h("div", { class: "foot" }, h("button", { type: "button", class: "button", "data-autofocus": true, onclick: () => close(false) }, "Stay"), h("button", { type: "button", class: "button primary danger", onclick: () => close(true) }, "Leave and lose it")),
  ]);
}

/** A part of a form that starts folded when there is nothing in it; `note` says what is in it. */
export function fold(title, content, { open = false, note = null } = {}) {
  return h("details", { class: "fold", ".open": open }, h("summary", null, h("span", null, title), note && h("span", { class: "muted" }, note)), h("div", { class: "inside" }, content));
}

/** The members of `after` that differ from `before`; what is the same is not sent. */
export function changes(before, after) {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => canonical(before[name]) !== canonical(value)));
}

/** A value as text by which equal ones are equal: members in order, and nothing, null and {} the same. */
function canonical(value) {
  if (value === undefined || value === null || value === "") return "null";
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).filter((k) => k !== "spent" && k !== "remaining" && canonical(value[k]) !== "null").sort();
  return members.length ? `{${members.map((k) => `${k}:${canonical(value[k])}`)}}` : "null";
}
