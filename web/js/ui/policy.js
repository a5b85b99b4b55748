// The editor of a policy, and its sentence.
import { h, fill, uid } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { count } from "../core/format.js";
import { chipsInput, field, input, select, unitInput } from "./field.js";
import { pairsEditor } from "./pairs.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const ENDPOINTS = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/models", "/v1/images", "/v1/audio", "/v1/files", "/v1/moderations"];
const MODELS = ["gpt-4o*", "gpt-4.1-*", "gpt-4o-mini", "o4-mini", "text-embedding-3-*"];
const LISTS = ["models", "endpoints", "methods", "origins", "ip_allow"];
const NUMBERS = ["requests_per_minute", "tokens_per_minute", "concurrency"];
const RULES = [["allow", "one of"], ["max", "at most"], ["min", "at least"], ["force", "always set to"], ["strip", "removed"]];

/** The editor; `value()` answers the policy or null for none. */
export function policyEditor(policy) {
  const start = policy ?? {};
  const lists = {
    models: chipsInput("Models", start.models ?? [], { placeholder: "Any model; e.g. gpt-4o*", suggestions: MODELS }),
    endpoints: chipsInput("Endpoints", start.endpoints ?? [], { placeholder: "Any that the API allows", suggestions: ENDPOINTS }),
    origins: chipsInput("Origins", start.origins ?? [], { placeholder: "Any; e.g. https://app.example.org" }),
    ip_allow: chipsInput("Addresses", start.ip_allow ?? [], { placeholder: "Any; e.g. 10.0.0.0/8" }),
  };
  const methods = METHODS.map((m) => h("input", { type: "checkbox", value: m, ".checked": (start.methods ?? []).includes(m) }));
  const numbers = Object.fromEntries(NUMBERS.map((n) => [n, unitInput(n === "concurrency" ? "at once" : "/ min", { type: "number", min: 0, placeholder: "No limit", ".value": start[n] ?? "" })]));
  const headers = pairsEditor("Required header", start.headers ?? {}, { nameLabel: "X-PROXY-… name", valueLabel: "Value" });
  const rules = h("div", { class: "stack tight" });
  const rows = [];
  for (const [name, rule] of Object.entries(start.parameters ?? {})) {
    for (const [kind] of RULES) if (rule[kind] !== undefined) addRule(name, kind, rule[kind]);
  }

  function addRule(name = "", kind = "allow", value = "", focus = false) {
    const parameter = input({ "aria-label": "Parameter", placeholder: "temperature", spellcheck: false, ".value": name });
    const choice = select(RULES, kind, { "aria-label": "Rule", onchange: () => (text.disabled = choice.value === "strip") });
    const shown = Array.isArray(value) ? value.join(", ") : kind === "strip" ? "" : typeof value === "string" ? value : JSON.stringify(value);
    const text = input({ "aria-label": "Value", placeholder: "0.*, 1", spellcheck: false, ".value": shown, ".disabled": kind === "strip" });
    const row = { parameter, choice, text };
    const element = h("div", { class: "param-rule" }, parameter, choice, text,
      h("button", { type: "button", class: "button quiet icon", "aria-label": "Remove rule", onclick: () => { rows.splice(rows.indexOf(row), 1); element.remove(); adder.focus(); } }, icon("close")));
    rows.push(row);
    rules.append(element);
    if (focus) parameter.focus();
  }
  const adder = h("button", { type: "button", class: "button small", onclick: () => addRule("", "allow", "", true) }, icon("plus", { size: 14 }), "Add a parameter rule");

  function parameters() {
    const out = {};
    for (const { parameter, choice, text } of rows) {
      const name = parameter.value.trim();
      if (!name) continue;
      out[name] = { ...out[name], [choice.value]: ruleValue(choice.value, text.value) };
    }
    return out;
  }

  const group = (legend, ...children) => h("fieldset", { class: "stack tight" }, h("legend", null, legend), children);
  const named = (name, label, control, hint = null) => field(label, control, { hint, name: `policy.${name}` });
  const element = h("div", { class: "stack" },
    named("models", "Models", lists.models, "Patterns with * and ?. Enter adds one."),
    named("endpoints", "Endpoints", lists.endpoints, "Beginnings of paths."),
    group("Methods", h("div", { class: "choices" }, methods.map((box) => h("label", null, box, box.value))), h("span", { class: "small muted" }, "None ticked: any that the API allows.")),
    h("div", { class: "form-grid" },
      named("requests_per_minute", "Requests a minute", numbers.requests_per_minute),
      named("tokens_per_minute", "Model tokens a minute", numbers.tokens_per_minute),
      named("concurrency", "Concurrent requests", numbers.concurrency)),
    h("fieldset", { class: "stack tight", dataset: { field: "policy.parameters" } }, h("legend", null, "Parameters of the body"), rules, h("div", null, adder)),
    h("div", { class: "form-grid" },
      named("ip_allow", "Client addresses", lists.ip_allow, "Single addresses or ranges."),
      named("origins", "Browser origins", lists.origins)),
    group("Headers that must be sent", headers));
  element.value = () => {
    const out = {};
    for (const name of LISTS) {
      const list = name === "methods" ? methods.filter((b) => b.checked).map((b) => b.value) : lists[name].values();
      if (list.length) out[name] = list;
    }
    for (const name of NUMBERS) if (numbers[name].value !== "") out[name] = Number(numbers[name].value);
    const params = parameters();
    if (Object.keys(params).length) out.parameters = params;
    const pairs = headers.value();
    if (Object.keys(pairs).length) out.headers = pairs;
    return Object.keys(out).length ? out : null;
  };
  return element;
}

function ruleValue(kind, text) {
  if (kind === "strip") return true;
  if (kind === "allow") return text.split(",").map((part) => part.trim()).filter(Boolean);
  const number = Number(text);
  if (kind === "max" || kind === "min") return text.trim() === "" || Number.isNaN(number) ? text : number;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A policy in words, as list items; null for none. */
export function policySummary(policy) {
  if (!policy || !Object.keys(policy).length) return null;
  const code = (values) => values.flatMap((v, i) => [i > 0 && ", ", h("code", null, h("bdi", null, v))]);
  const line = (label, content) => h("div", { class: "row wrap", role: "listitem" }, h("span", { class: "muted" }, label), h("span", null, content));
  const list = h("div", { class: "stack tight", role: "list" });
  if (policy.models) list.append(line("Models", code(policy.models)));
  if (policy.endpoints) list.append(line("Endpoints", code(policy.endpoints)));
  if (policy.methods) list.append(line("Methods", code(policy.methods)));
  for (const [name, rule] of Object.entries(policy.parameters ?? {})) {
    for (const [kind, words] of RULES) {
      if (rule[kind] === undefined) continue;
      const value = kind === "strip" ? [] : [" ", ...code(Array.isArray(rule[kind]) ? rule[kind].map(String) : [String(rule[kind])])];
      list.append(line("Parameter", [h("code", null, h("bdi", null, name)), ` ${words}`, value]));
    }
  }
  if (policy.requests_per_minute !== undefined) list.append(line("Rate", `${count(policy.requests_per_minute, "request")} a minute`));
  if (policy.tokens_per_minute !== undefined) list.append(line("Rate", `${count(policy.tokens_per_minute, "token")} a minute`));
  if (policy.concurrency !== undefined) list.append(line("At once", count(policy.concurrency, "request")));
  if (policy.ip_allow) list.append(line("From addresses", code(policy.ip_allow)));
  if (policy.origins) list.append(line("From origins", code(policy.origins)));
  for (const [name, value] of Object.entries(policy.headers ?? {})) list.append(line("Header", code([`X-PROXY-${name.toUpperCase().replaceAll("_", "-")}: ${value}`])));
  return list;
}
