// The first steps, as a list that ticks itself off.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { link } from "../core/router.js";
import { session } from "../core/session.js";

/** What to do first, with what is done marked; null for a viewer, who cannot. */
export function gettingStarted(overview) {
  const { counts, totals } = overview;
  const steps = [
    [counts.projects > 0, "Create a project", "A project pays: it holds the key of your provider and bounds what its tokens may do.", "/projects/new", "New project"],
    [counts.tokens > 0, "Create an access token", "Applications get this instead of the provider key. It withers: it ends by time, use or budget, and can be revoked.", "/tokens/new", "New token"],
    [totals.requests > 0, "Get a first answer", "Use the playground here, or the ready snippet that a new token comes with.", "/playground", "Open playground"],
    [totals.requests > 0, "See why it went as it did", "Each request opens as a waterfall: every stage, its verdict and its time; for a refusal the reason and what to do.", "/requests", "See requests"],
  ];
  const next = steps.findIndex(([done]) => !done);
  return h("section", { class: "card" },
    h("header", null, h("h2", null, "First steps")),
    h("ol", { class: "steps" }, steps.map(([done, title, text, path, label], i) => h("li", { class: done ? "done" : null },
      h("span", { class: "mark" }, done ? icon("check", { label: "Done" }) : i + 1),
      h("div", { class: "what" }, h("h3", null, title), h("p", { class: "muted" }, text)),
      session.canWrite || path === "/requests" ? link(path, label, { class: `button ${i === next ? "primary" : ""}` }) : null))));
}
