// Sparklines of a list: asked for when a row comes into view, a few at a time.
import { h, fill } from "../core/dom.js";
import { api } from "../core/api.js";
import { number } from "../core/format.js";
import { sparkline } from "./sparkline.js";
import { lastDays } from "./usage-card.js";

const DAYS = 14;
const AT_ONCE = 3;

/** Answers a function that makes the place for a token's sparkline. */
export function lazySpark(view) {
  const waiting = [];
  const known = new Map();
  let running = 0;
  const days = lastDays(DAYS);
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
      const place = waiting.shift();
      show(place).finally(() => {
        running -= 1;
        pump();
      });
    }
  }

  async function show(place) {
    const id = place.dataset.token;
    if (!known.has(id)) {
      try {
        const { data } = await api.get("/manage/usage", { token_id: id, group_by: "day", from: `${days[0]}T00:00:00Z`, limit: DAYS + 1 }, view.signal);
        const byDay = new Map(data.usage.map((row) => [row.day, row.requests]));
        known.set(id, days.map((d) => byDay.get(d) ?? 0));
      } catch {
        return; // A decoration: the numbers beside it stand without it.
      }
    }
    const values = known.get(id);
    const total = values.reduce((a, b) => a + b, 0);
    fill(place, total ? sparkline(values, `${number(total)} requests in ${DAYS} days`) : h("span", { class: "muted" }, "quiet"));
  }

  return (token) => {
    if (!token.request_count) return h("span", { class: "muted" }, "unused");
    const place = h("span", { dataset: { token: token.id }, class: "spark-place" });
    seen.observe(place);
    return place;
  };
}
