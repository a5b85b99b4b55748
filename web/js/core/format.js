// Numbers, money, sizes and spans as people read them, in the reader's locale and zone.

const integer = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const stamp = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const dayOnly = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const NONE = "–";

export const number = (n) => (n === null || n === undefined ? NONE : integer.format(n));

/** "1 stage", "3 stages", "1 entry", "3 entries". `write` is how the number is written. */
export const count = (n, noun, write = number) => `${write(n)} ${n === 1 ? noun : noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;

/** "responseStream" and "response_stream" as "response stream". */
export const plain = (name) => String(name ?? "").replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();

/** Short from ten thousand on: 12.3K. */
export const short = (n) => (n === null || n === undefined ? NONE : Math.abs(n) < 10_000 ? integer.format(n) : compact.format(n));

/**
 * Micro-units of a currency. Sums stop at a hundredth of a cent: what is charged is rounded up for each request and what
 * is shown of the ledger is rounded once, so that the millionths of one sum are not those of another.
 */
export function money(micros, currency = "USD") {
  if (micros > 0 && micros < 100) return `< ${amount(100, currency, 4)}`;
  return amount(micros, currency, micros === 0 || Math.abs(micros) >= 1e6 ? 2 : Math.abs(micros) >= 10_000 ? 3 : 4);
}

/** What one request cost, to the last micro-unit. */
export const price = (micros, currency = "USD") => amount(micros, currency, 6);

function amount(micros, currency, digits) {
  if (micros === null || micros === undefined) return NONE;
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: digits }).format(micros / 1e6);
  } catch {
    return `${(micros / 1e6).toFixed(digits)} ${currency}`;
  }
}

/** A share of 0…1. */
export const percent = (share, digits = 1) =>
  share === null || share === undefined || !Number.isFinite(share) ? NONE : `${(share * 100).toFixed(digits)} %`;

/** Microseconds. */
export function micros(us) {
  if (us === null || us === undefined) return NONE;
  if (us < 1000) return `${us < 10 ? +us.toFixed(1) : Math.round(us)} µs`;
  return millis(us / 1000);
}

/** Milliseconds. */
export function millis(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 100) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : span(ms / 1000);
}

/** Bytes. */
export function bytes(n) {
  if (n === null || n === undefined) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) [n, unit] = [n / 1024, unit + 1];
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

/** A span of seconds in its two largest units: "2 d 4 h". */
export function span(seconds) {
  seconds = Math.max(0, Math.round(seconds));
  const parts = [["y", 31_536_000], ["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const out = [];
  for (const [name, size] of parts) {
    if (seconds >= size && out.length < 2) {
      out.push(`${Math.floor(seconds / size)} ${name}`);
      seconds %= size;
    } else if (out.length) break;
  }
  return out.join(" ") || "0 s";
}

/** A span as the API takes it: 3600 → "1h". */
export function spanText(seconds) {
  if (!seconds) return "";
  for (const [unit, size] of [["d", 86_400], ["h", 3600], ["m", 60]]) {
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** "90m", "1h30m", "7d" as seconds; null when it is not a span. */
export function readSpan(text) {
  const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(text.trim())) return null;
  return [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit], 0);
}

export const dateTime = (date) => stamp.format(date);
export const hourMinute = (date) => minutes.format(date);
export const timeOfDay = (date) => clock.format(date);
export const day = (date) => dayOnly.format(date);

/** "3 min ago", "in 2 d". */
export function relative(date, now = Date.now()) {
  const seconds = (date - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const words = size < 60 ? `${Math.round(size)} s` : span(size).split(" ").slice(0, 2).join(" ");
  return seconds < 0 ? `${words} ago` : `in ${words}`;
}

/** What a date-time input takes, in the reader's zone. */
export function inputTime(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** With a capital and a full stop. */
export function sentence(text) {
  const trimmed = String(text).trim();
  if (!trimmed) return "It failed.";
  return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}
