// Names and values, as many as wanted: metadata, required headers.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { input } from "./field.js";

/** The editor of an object of texts; `value()` answers it. */
export function pairsEditor(what, start, { nameLabel = "Name", valueLabel = "Value" } = {}) {
  const rows = [];
  const list = h("div", { class: "stack tight" });
  const adder = h("button", { type: "button", class: "button small", onclick: () => add("", "", true) }, icon("plus", { size: 14 }), `Add ${what.toLowerCase()}`);

  function add(name, value, focus = false) {
    const row = { name: input({ "aria-label": nameLabel, placeholder: nameLabel, ".value": name, spellcheck: false }), value: input({ "aria-label": valueLabel, placeholder: valueLabel, ".value": value, spellcheck: false }) };
    const element = h("div", { class: "row" }, row.name, row.value,
      h("button", { type: "button", class: "button quiet icon", "aria-label": `Remove ${what.toLowerCase()}`, onclick: () => { rows.splice(rows.indexOf(row), 1); element.remove(); adder.focus(); } }, icon("close")));
    rows.push(row);
    list.append(element);
    if (focus) row.name.focus();
  }
  Object.entries(start).forEach(([name, value]) => add(name, typeof value === "string" ? value : JSON.stringify(value)));
  const element = h("div", { class: "stack tight" }, list, h("div", null, adder));
  element.value = () => Object.fromEntries(rows.map((r) => [r.name.value.trim(), r.value.value]).filter(([name]) => name));
  return element;
}
