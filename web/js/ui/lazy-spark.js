// Sparklines of a list: asked for together when the first comes into view; one by one where that is too much.
import { h, fill } from "../core/dom.js";
import { api } from "../core/api.js";
import { count } from "../core/format.js";
import { sparkline } from "./sparkline.js";
import { lastDays } from "./usage-card.js";

const DAYS = 14;
const AT_ONCE = 3;
const ROWS = 1000;

/** Answers a function that makes the place for a token's sparkline; `projectID()` is the filter of the list. */
export function lazySpark(view, projectID) {
  const waiting = [];
  const days = lastDays(DAYS);
  const from = `${days[0]}T00:00:00Z`;
  let running = 0;
  const all = new Map();
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      waiting.push(entry.target);
    }
    pump();
  });
  view.signal.addEventListener("abort", () => seen.disconnect());

  async function pump() {
    while (running < AT_ONCE && waiting.length && !view.signal.aborted) {
      running += 1;
      show(waiting.shift()).finally(() => {
        running -= 1;
        pump();
      });
    }
  }

  /** The usage of all tokens of the filter in one answer; null when it does not fit in one. */
  function together() {
    const project = projectID();
    if (!all.has(project)) {
      all.set(project, api.get("/manage/usage", { group_by: "token,day", from, project_id: project, limit: ROWS }, view.signal)
        .then(({ data }) => (data.next ? null : grouped(data.usage))));
    }
    return all.get(project);
  }

  async function rowsOf(id) {
    const rows = await together();
    return rows ? rows.get(id) ?? [] : (await api.get("/manage/usage", { token_id: id, group_by: "day", from, limit: DAYS + 1 }, view.signal)).data.usage;
  }

  async function show(place) {
    let byDay;
    try {
      byDay = new Map((await rowsOf(place.dataset.token)).map((row) => [row.day, row.requests]));
    } catch {
      return; // A decoration: the numbers beside it stand without it.
    }
    const values = days.map((d) => byDay.get(d) ?? 0);
    const total = values.reduce((a, b) => a + b, 0);
    fill(place, total ? sparkline(values, `${count(total, "request")} in ${DAYS} days`) : h("span", { class: "muted" }, "quiet"));
  }

  return (token) => {
    if (!token.request_count) return h("span", { class: "muted" }, "unused");
    const place = h("span", { dataset: { token: token.id }, class: "spark-place" });
    seen.observe(place);
    return place;
  };
}

function grouped(usage) {
  const rows = new Map();
  for (const row of usage) rows.set(row.token_id, [...(rows.get(row.token_id) ?? []), row]);
  return rows;
}
