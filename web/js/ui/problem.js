// An error as a person needs it: what failed, why, and what to do.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { advice } from "../core/advice.js";
import { sentence } from "../core/format.js";

/** A notice for `error`, with a button to try again. */
export function problem(error, { retry = null, title = null } = {}) {
  const what = advice(error.code);
  const reason = error.status === undefined ? `The page failed: ${error.message}` : sentence(error.message);
  return h("div", { class: "notice bad", role: "alert" },
    icon("bad"),
    h("div", { class: "grow" },
      h("p", { class: "strong" }, title ?? reason),
      title && h("p", null, reason),
      what && h("p", null, what),
      error.retryAfter && h("p", null, `It can be tried again in ${error.retryAfter} s.`),
      error.code && h("p", { class: "small muted" }, "Code ", h("code", null, error.code)),
      retry && h("div", { class: "row" }, h("button", { class: "button small", type: "button", onclick: retry }, icon("refresh"), "Try again"))));
}
