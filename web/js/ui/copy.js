// Copying, secrets, code with a copy button.
import { h, uid } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { toast } from "./toast.js";

/** Puts `text` on the clipboard, also where there is no secure context. */
export async function copy(text, what = "Copied") {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else legacy(text);
    toast(what, { seconds: 3 });
    return true;
  } catch {
    toast("The browser did not allow copying. Select the text and press Ctrl C.", { kind: "bad" });
    return false;
  }
}

function legacy(text) {
  const box = h("textarea", { ".value": text, class: "sr", "aria-hidden": "true" });
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("refused");
}

/** A button that copies. */
export function copyButton(text, { label = "Copy", said = "Copied", className = "button small", iconOnly = false } = {}) {
  const button = h("button", {
    type: "button", class: iconOnly ? `${className} quiet icon` : className, "aria-label": iconOnly ? label : null, title: iconOnly ? label : null,
    onclick: async () => (await copy(typeof text === "function" ? text() : text, said)) && flash(),
  }, icon("copy", { size: 14 }), !iconOnly && label);
  function flash() {
    button.firstChild.replaceWith(icon("check", { size: 14 }));
    setTimeout(() => button.firstChild.replaceWith(icon("copy", { size: 14 })), 1600);
  }
  return button;
}

/** An identifier that can be copied. */
export const identifier = (id) => h("span", { class: "row" }, h("code", null, h("bdi", null, id)), copyButton(id, { label: `Copy ${id.slice(0, 40)}`, iconOnly: true }));

/** Code with a copy button. */
export const codeBlock = (text, label = "Code") =>
  h("div", { class: "code" }, h("pre", { tabindex: 0, role: "region", "aria-label": label }, h("code", null, text)), copyButton(text, { className: "button small copy", label: "Copy" }));

/** Tabs of `{label, content()}`; arrows move, the choice is handed to `onpick`. */
export function tabs(label, items, { chosen = 0, onpick = null } = {}) {
  const ids = items.map(() => uid("tab"));
  const panel = h("div", { role: "tabpanel", id: uid("panel"), tabindex: -1 });
  const buttons = items.map((item, i) => h("button", { type: "button", role: "tab", id: ids[i], "aria-controls": panel.id, onclick: () => pick(i), onkeydown: keys }, item.label));
  const element = h("div", { class: "stack tight" }, h("div", { class: "segments", role: "tablist", "aria-label": label }, buttons), panel);
  let current = Math.max(0, Math.min(chosen, items.length - 1));
  function pick(i, focus = false) {
    current = i;
    buttons.forEach((button, n) => {
      button.setAttribute("aria-selected", String(n === i));
      button.tabIndex = n === i ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", ids[i]);
    panel.replaceChildren(items[i].content());
    if (focus) buttons[i].focus();
    onpick?.(i);
  }
  function keys(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) pick((current + step + items.length) % items.length, true);
    else if (event.key === "Home") pick(0, true);
    else if (event.key === "End") pick(items.length - 1, true);
    else return;
    event.preventDefault();
  }
  pick(current);
  return element;
}
