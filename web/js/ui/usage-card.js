// What a project or token used, day by day.
import { h, fill } from "../core/dom.js";
import { api } from "../core/api.js";
import { link } from "../core/router.js";
import { chart } from "../core/chart.js";
import { count, day, money, number, short } from "../core/format.js";
import { card, empty } from "./status.js";

const DAYS = 30;

/** Days as "2026-11-27", oldest first. */
export function lastDays(count) {
  const today = Date.now();
  return Array.from({ length: count }, (_, i) => new Date(today - (count - 1 - i) * 86_400_000).toISOString().slice(0, 10));
}

/** Fills `place` with a card about `filter`, {project_id} or {token_id}. */
export async function usageCard(view, place, filter) {
  const body = h("div");
  fill(place, card("Usage, 30 days", body, { actions: link("/usage", "Compare", { query: { ...filter, group_by: "day" } }) }));
  await view.region(body, async () => {
    const days = lastDays(DAYS);
    const { data } = await api.get("/manage/usage", { ...filter, group_by: "day", from: `${days[0]}T00:00:00Z`, limit: 100 }, view.signal);
    if (!data.usage.length) return empty({ symbol: "usage", title: "Not used yet", text: "Requests, tokens and cost show up here with the first answer." });
    const byDay = new Map(data.usage.map((row) => [row.day, row]));
    const total = data.totals ?? {};
    return h("div", { class: "stack" },
      h("p", { class: "num" }, h("strong", null, count(total.requests, "request")), total.errors ? `, ${number(total.errors)} of them refused or failed` : "", " · ", h("strong", null, count(total.total_tokens, "token", short)), " · ", h("strong", null, money(total.cost_micros, data.currency))),
      chart({ title: "Requests a day", view, head: "Day", labels: days.map((d) => day(new Date(`${d}T12:00:00`))), format: number,
        series: [{ label: "Requests", kind: "bar", values: days.map((d) => byDay.get(d)?.requests ?? 0) }, { label: "Errors", kind: "bar", colour: "--series-2", values: days.map((d) => byDay.get(d)?.errors ?? 0) }] }));
  }, { rows: 5 });
}
