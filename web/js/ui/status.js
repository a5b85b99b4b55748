// States in words, with a shape and a colour: never by colour alone.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";

const LONG = 1200;

/** A badge; `kind` is ok, warn, bad, info, accent or "". */
export const badge = (text, kind = "", symbol = null) => h("span", { class: `badge ${kind}` }, symbol && icon(symbol, { size: 12 }), text);

/** An HTTP status. */
export function httpStatus(status, { outcome = null } = {}) {
  if (!status) return badge(outcome ?? "no answer", "warn", "warn");
  if (status < 300) return badge(status, "ok", "check");
  if (status < 400) return badge(status, "info", "arrow");
  return status < 500 ? badge(status, "warn", "ban") : badge(status, "bad", "bad");
}

/** The state of an access token: why it works or not. */
export function tokenState(token) {
  const state = stateOf(token);
  return { active: () => badge("Active", "ok", "check"), revoked: () => badge("Revoked", "bad", "ban"), expired: () => badge("Expired", "warn", "clock"),
    used_up: () => badge("Used up", "warn", "stop"), idle: () => badge("Idle too long", "warn", "clock") }[state]();
}

/** active, revoked, expired, used_up or idle. */
export function stateOf(token) {
  if (!token.is_active) return "revoked";
  if (token.expires_at && new Date(token.expires_at) <= Date.now()) return "expired";
  if (token.max_requests && token.request_count >= token.max_requests) return "used_up";
  if (token.idle_timeout) {
    const since = new Date(token.last_used_at ?? token.created_at).getTime();
    if (since + token.idle_timeout * 1000 <= Date.now()) return "idle";
  }
  return "active";
}

export const projectState = (project) => (project.is_active ? badge("Active", "ok", "check") : badge("Inactive", "bad", "ban"));

/** The outcome of an audited action. */
export function outcome(word) {
  return { success: badge("success", "ok", "check"), failure: badge("failure", "bad", "bad"), denied: badge("denied", "warn", "ban"), error: badge("error", "bad", "warn") }[word] ?? badge(word ?? "–");
}

/** A share as a bar; the words beside it say the same. */
export function meter(value, limit, label) {
  const share = Math.min(1, limit > 0 ? value / limit : 0);
  return h("span", { class: `meter ${share >= 1 ? "bad" : share > 0.85 ? "warn" : ""}`, role: "img", "aria-label": label }, h("i", { style: { width: `${share * 100}%` } }));
}

/** What an empty list says: what would be here and the next step. */
export function empty({ symbol = "leaf", title, text, action = null }) {
  return h("div", { class: "empty" }, icon(symbol, { size: 28 }), h("h2", null, title), h("p", null, text), action);
}

/** A notice with an icon. */
export function notice(kind, ...children) {
  return h("div", { class: `notice ${kind}`, role: "note" }, icon({ ok: "ok", warn: "warn", bad: "bad", info: "info" }[kind]), h("div", { class: "grow" }, children));
}

/** A name and a value, in a `dl`. */
export const facts = (...pairs) =>
  h("dl", { class: "facts" }, pairs.filter((p) => p && p[1] !== null && p[1] !== undefined).map(([name, value]) => [h("dt", null, name), h("dd", null, bounded(name, value))]));

/** What is very long scrolls in its own place, by keyboard too. */
function bounded(name, value) {
  const length = value instanceof Node ? value.textContent.length : String(value).length;
  if (length < LONG) return value;
  return h("div", { class: "long", tabindex: 0, role: "region", "aria-label": name instanceof Node ? name.textContent : name }, value);
}

/** A card with a heading. */
export function card(title, body, { actions = [], className = "", foot = null, flush = false } = {}) {
  return h("section", { class: `card ${className}` },
    h("header", null, h("h2", null, title), actions),
    flush ? body : h("div", { class: "body" }, body),
    foot && h("footer", null, foot));
}
