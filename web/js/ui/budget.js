// The editor of a budget, and what is left of it.
import { h } from "../core/dom.js";
import { money } from "../core/format.js";
import { field, unitInput } from "./field.js";
import { meter } from "./status.js";

const PERIODS = [["day_micros", "A day"], ["month_micros", "A month"], ["total_micros", "In total"]];

/** The editor; `value()` answers the budget or null for none. */
export function budgetEditor(budget, currency = "USD") {
  const boxes = PERIODS.map(([name]) => unitInput(currency, { type: "number", min: 0, step: "any", inputmode: "decimal", placeholder: "No limit", ".value": budget?.[name] != null ? budget[name] / 1e6 : "" }));
  const element = h("div", { class: "form-grid" }, PERIODS.map(([name, label], i) => field(label, boxes[i], { name: `budget.${name}` })));
  element.value = () => {
    const out = {};
    PERIODS.forEach(([name], i) => {
      if (boxes[i].value !== "") out[name] = Math.round(Number(boxes[i].value) * 1e6);
    });
    return Object.keys(out).length ? out : null;
  };
  return element;
}

/** What is spent of what is allowed; null for no budget. */
export function budgetSummary(budget, currency = "USD") {
  const set = PERIODS.filter(([name]) => budget?.[name] != null);
  if (!set.length) return null;
  return h("div", { class: "stack tight" }, set.map(([name, label]) => {
    const spent = budget.spent?.[name] ?? 0;
    const words = `${money(spent, currency)} of ${money(budget[name], currency)}`;
    return h("div", { class: "stack tight" }, h("div", { class: "row between" }, h("span", { class: "muted" }, label), h("span", { class: "num" }, words)), meter(spent, budget[name], `${label}: ${words}`));
  }));
}

/** A budget in a line, for lists. */
export function budgetLine(budget, currency = "USD") {
  const set = PERIODS.filter(([name]) => budget?.[name] != null);
  return set.length ? set.map(([name, label]) => `${money(budget[name], currency)} ${label.toLowerCase()}`).join(", ") : null;
}
