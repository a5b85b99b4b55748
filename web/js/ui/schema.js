// Settings beside what their JSON Schema says about them.
import { h, said } from "../core/dom.js";
import { badge } from "./status.js";

/** A table of every setting: its value, whether it was set, its type and meaning. */
export function settingsTable(config, schema) {
  const known = schema?.properties ?? {};
  const names = [...new Set([...Object.keys(known), ...Object.keys(config)])];
  if (!names.length) return h("div", { class: "empty" }, h("p", null, schema ? "It has no settings." : "It has no settings, and its plugin describes none."));
  return h("table", { role: "table", class: "fold-rows" }, h("caption", null, "Settings"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Setting", "Value", "Type", "Meaning"].map((t) => h("th", { role: "columnheader", scope: "col" }, t)))),
    h("tbody", { role: "rowgroup" }, names.map((name) => row(name, config[name], known[name], schema?.required?.includes(name)))));
}

function row(name, value, rule, isRequired) {
  const isSet = value !== undefined;
  const shown = isSet ? value : rule?.default;
  return h("tr", { role: "row" },
    h("td", { role: "cell", class: "main" }, h("code", null, said(name))),
    h("td", { role: "cell", "data-label": "Value" }, h("span", { class: "row wrap" }, shown === undefined ? h("span", { class: "muted" }, "not set") : h("code", null, said(typeof shown === "string" ? shown : JSON.stringify(shown))), isSet ? badge("set", "accent") : badge("default"))),
    h("td", { role: "cell", "data-label": "Type", class: rule ? null : "void" }, h("span", { class: "small" }, said(typeOf(rule)), isRequired ? " (required)" : "")),
    h("td", { role: "cell", "data-label": "Meaning", class: rule?.description ? null : "void" }, h("span", { class: "small muted" }, said(rule?.description ?? ""))));
}

/** "integer, 1 to 100", "one of a, b", "list of string". */
function typeOf(rule) {
  if (!rule) return "";
  if (rule.enum) return `one of ${rule.enum.join(", ")}`;
  const type = [rule.type ?? "any"].flat().join(" or ");
  if (type === "array") return `list of ${typeOf(rule.items) || "values"}`;
  const bounds = rule.minimum !== undefined && rule.maximum !== undefined ? `, ${rule.minimum} to ${rule.maximum}` : rule.minimum !== undefined ? `, at least ${rule.minimum}` : rule.maximum !== undefined ? `, at most ${rule.maximum}` : "";
  return type + bounds;
}
