// Spans of time for reports: what was asked for, the one before, and how one compares with the other.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { day, hourMinute, percent } from "../core/format.js";

/** A range's name as `{from, to, hourly}`; to is now when it is open. */
export function period(range, from, to) {
  const now = new Date();
  if (range === "own") {
    const start = from ? new Date(`${from}T00:00:00`) : new Date(now - 30 * 86_400_000);
    const end = to ? new Date(new Date(`${to}T00:00:00`).getTime() + 86_400_000) : now;
    return made(start, end);
  }
  if (range === "month") return made(new Date(now.getFullYear(), now.getMonth(), 1), now);
  const size = { "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 }[range] ?? 30 * 86_400_000;
  return made(new Date(now - size), now);
}

function made(start, end) {
  if (end < start) [start, end] = [end, start];
  const whole = (date) => date.toISOString().replace(/\.\d+Z$/, "Z");
  return { from: whole(start), to: whole(end), hourly: end - start <= 2 * 86_400_000, start, end };
}

/** The span of the same length just before. */
export const previous = ({ start, end }) => made(new Date(start - (end - start)), start);

/** Rows for every day or hour of the span, in order, also where nothing was used. */
export function wholeCourse(usage, { start, end }, unit) {
  const size = unit === "hour" ? 3_600_000 : 86_400_000;
  const key = (time) => new Date(time).toISOString().slice(0, unit === "hour" ? 13 : 10);
  const known = new Map(usage.map((row) => [row[unit].slice(0, unit === "hour" ? 13 : 10), row]));
  const rows = [];
  for (let time = Math.floor(start / size) * size; time <= end; time += size) {
    rows.push(known.get(key(time)) ?? { [unit]: unit === "hour" ? `${key(time)}:00:00Z` : key(time) });
  }
  return rows;
}

/** The group's value in words; `raw` for sorting. */
export function keyOf(row, group, raw = false) {
  const value = row[group] ?? row[`${group}_name`] ?? row[`${group}_label`] ?? "";
  if (raw || !value) return String(value);
  if (group === "day") return day(new Date(`${value}T12:00:00`));
  if (group === "hour") return `${day(new Date(value))} ${hourMinute(new Date(value))}`;
  return String(value);
}

/** How much more or less than before, with an arrow and in words. */
export function delta(now, before) {
  if (now == null || before == null || (!now && !before)) return h("span", { class: "muted" }, "–");
  if (!before) return h("span", { class: "delta" }, "new");
  const share = (now - before) / before;
  if (Math.abs(share) < 0.005) return h("span", { class: "delta muted" }, "the same");
  return h("span", { class: "delta row", title: "Compared with the time before" }, icon(share > 0 ? "up" : "down", { size: 12, label: share > 0 ? "more" : "less" }), percent(Math.abs(share), 0));
}
