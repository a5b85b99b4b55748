// Form fields: a label, a hint, and the server's complaint where it belongs.
import { h, uid, fill } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { sentence } from "../core/format.js";

/** A field around `control`; `name` is what the server calls it. */
export function field(label, control, { hint = null, name = null, className = "" } = {}) {
  const target = control.box ?? control;
  target.id ||= uid("field");
  const error = h("div", { class: "error", id: `${target.id}-error`, hidden: true });
  const hintID = hint ? `${target.id}-hint` : null;
  if (hintID) target.setAttribute("aria-describedby", hintID);
  const element = h("div", { class: `field ${className}`, dataset: name ? { field: name } : {} },
    h("label", { for: target.id }, label), control.wrapped ?? control,
    hint && h("div", { class: "hint", id: hintID }, hint), error);
  element.fail = (text) => {
    error.hidden = !text;
    fill(error, text ? [icon("bad", { size: 14 }), h("span", null, spoken(text, name, label))] : null);
    if (text) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
    target.setAttribute("aria-describedby", [hintID, text && error.id].filter(Boolean).join(" "));
    if (text) target.focus();
  };
  return element;
}

/** A message of the server that begins with its name of the field, with the label that stands here instead. */
function spoken(text, name, label) {
  const isNamed = name && typeof label === "string" && text.startsWith(`${name} `);
  return sentence(isNamed ? label + text.slice(name.length) : text);
}

export const input = (props) => h("input", { class: "input", autocomplete: "off", ...props });

/** A choice of one; `options` are `[value, label]`. */
export const select = (options, value, props = {}) =>
  h("select", { class: "input", ...props }, options.map(([v, label]) => h("option", { value: v, ".selected": v === value }, label)));

/** A number with its unit shown at its end. */
export function unitInput(unit, props) {
  const control = input({ inputmode: "numeric", ...props });
  control.wrapped = h("div", { class: "with-unit" }, control, h("span", { class: "unit", "aria-hidden": "true" }, unit));
  return control;
}

/** A check box with its words. */
export const check = (label, props = {}) => h("label", { class: "check" }, h("input", { type: "checkbox", ...props }), h("span", null, label));

/** One of a few, side by side. `onpick(value)`. */
export function segments(label, options, value, onpick) {
  const name = uid("segment");
  return h("div", { class: "segments", role: "radiogroup", "aria-label": label }, options.map(([v, text]) =>
    h("label", null, h("input", { type: "radio", name, value: v, ".checked": v === value, onchange: () => onpick(v) }), text)));
}

/** A search box that `/` finds. `onsearch(text)` when typing pauses. */
export function searchBox(label, value, onsearch, placeholder = label) {
  const id = uid("search");
  let timer = 0;
  const control = input({
    type: "search", id, placeholder, ".value": value, "data-search": true, "aria-keyshortcuts": "/", maxlength: 200, spellcheck: false,
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => onsearch(control.value.trim()), 220);
    },
  });
  return h("div", { class: "field search" }, h("label", { for: id, class: "sr" }, label), h("div", { class: "search-box" }, icon("search"), control));
}

/** Several texts as chips: Enter or comma adds one, Backspace in the empty box takes the last back. */
export function chipsInput(label, values, { placeholder = "", suggestions = [], onchange = null } = {}) {
  const list = [...values];
  const listID = suggestions.length ? uid("list") : null;
  const box = h("input", { "aria-label": label, list: listID, spellcheck: false, autocapitalize: "off", onkeydown: keys, onblur: () => take(), onpaste: () => setTimeout(take) });
  const element = h("div", { class: "chips", role: "group", "aria-label": label, onclick: (event) => event.target === element && box.focus() });
  element.box = box;
  element.values = () => {
    take();
    return [...list];
  };

  function draw() {
    box.placeholder = list.length ? "" : placeholder;
    fill(element, list.map((text, i) => h("span", { class: "chip" }, h("bdi", { class: "clip" }, text),
      h("button", { type: "button", "aria-label": `Remove ${text}`, onclick: () => drop(i) }, icon("close", { size: 12 })))), box,
    listID && h("datalist", { id: listID }, suggestions.map((value) => h("option", { value }))));
  }
  function take() {
    const parts = box.value.split(/[,\s]+/).filter((part) => part && !list.includes(part));
    box.value = "";
    if (!parts.length) return;
    const had = document.activeElement === box;
    list.push(...parts);
    draw();
    if (had) box.focus();
    onchange?.();
  }
  function drop(i) {
    list.splice(i, 1);
    draw();
    box.focus();
    onchange?.();
  }
  function keys(event) {
    if ((event.key === "Enter" || event.key === ",") && box.value.trim()) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !box.value && list.length) drop(list.length - 1);
  }
  draw();
  return element;
}

/** Shows a refusal at the field it names, else on top of the form. */
export function showRefusal(form, error, place, render) {
  form.querySelectorAll("[data-field]").forEach((f) => f.fail?.(null));
  fill(place);
  // Where the server does not say which field it means, its message may begin with it.
  const name = error.param ?? String(error.message).match(/^[a-z_.]+(?= must )/)?.[0];
  const at = name && [...form.querySelectorAll("[data-field]")].find((f) => name === f.dataset.field || [".", "["].includes(name[f.dataset.field.length]) && name.startsWith(f.dataset.field));
  if (at?.fail) {
    at.closest("details")?.setAttribute("open", "");
    at.fail(error.message);
  } else {
    fill(place, render(error));
    place.scrollIntoView({ block: "center" });
  }
}
