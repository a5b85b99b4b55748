// The providers: what they may be asked, how fast they answer, what went wrong last, and a test call.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { live } from "../core/live.js";
import { session } from "../core/session.js";
import { millis, number, percent } from "../core/format.js";
import { badge, empty, facts, notice } from "../ui/status.js";
import { problem } from "../ui/problem.js";
import { when } from "../ui/time.js";
import { field, input } from "../ui/field.js";
import { combo, findProjects } from "../ui/combo.js";

export default async function providers(view) {
  const place = h("div");
  view.show(view.head("Providers", { note: "Where requests go. Keys are masked here and everywhere; projects have keys of their own." }), place);
  const reload = await view.region(place, async () => {
    const { data } = await api.get("/manage/providers", {}, view.signal);
    if (!data.length) return h("div", { class: "card" }, empty({ symbol: "providers", title: "No providers", text: "The configuration names none under apis." }));
    return h("div", { class: "provider-grid" }, data.map((p) => providerCard(p)));
  });
  view.every(15_000, () => !live.paused && live.shown !== "lost" && !place.contains(document.activeElement) && !place.querySelector("[data-result]") && reload({ quiet: true }));
}

function providerCard(p) {
  const latency = p.upstream_latency_ms;
  const state = !p.requests ? badge("not used yet") : p.errors / p.requests > 0.05 ? badge("many errors", "bad", "bad") : p.errors ? badge("some errors", "warn", "warn") : badge("answers", "ok", "check");
  return h("section", { class: "card" },
    h("header", null, h("h2", null, said(p.name)), state),
    h("div", { class: "body stack" },
      facts(["Address", h("code", null, said(p.base_url ?? "none: answered here"))], ["Adapter", h("code", null, said(p.adapter))],
        ["Default key", p.has_api_key ? h("code", null, said(p.api_key_mask ?? "set")) : h("span", { class: "muted" }, "none: each project has its own")],
        ["Requests", `${number(p.requests)}, ${number(p.errors)} failed (${percent(p.requests ? p.errors / p.requests : 0)})`],
        ["First byte", latency ? h("span", { class: "num" }, `${millis(latency.p50)} median · ${millis(latency.p95)} at 95 % · ${millis(latency.p99)} at 99 %`) : h("span", { class: "muted" }, "no answer measured yet")],
        ["Connections", p.connections ? `${number(p.connections.open)} open, ${number(p.connections.idle)} of them idle` : null],
        ["Endpoints", h("span", { class: "row wrap" }, (p.allowed_endpoints ?? []).map((e) => h("code", null, said(e))))], ["Methods", (p.allowed_methods ?? []).join(", ") || null]),
      p.last_error && notice("warn", h("p", null, "Last error ", when(p.last_error.at), ": ", said(p.last_error.message))),
      session.canWrite && tester(p)));
}

/** A test call, with what to ask and what came back. */
function tester(p) {
  const result = h("div", { "aria-live": "polite" });
  const project = combo("Project whose key is used", { find: findProjects, placeholder: "The default key" });
  const model = input({ placeholder: "gpt-4o-mini", spellcheck: false });
  const button = h("button", { type: "button", class: "button", onclick: run }, icon("send", { size: 14 }), "Test call");
  async function run() {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    fill(result);
    try {
      const body = { project_id: project.chosen()?.id, model: model.value.trim() || undefined };
      const { data } = await api.post(`/manage/providers/${encodeURIComponent(p.name)}/test`, body);
      fill(result, h("div", { "data-result": true }, notice(data.ok ? "ok" : "bad", h("p", { class: "strong" }, data.ok ? `It answers, in ${millis(data.latency_ms)}.` : `It does not answer as it should (${data.status || "no status"}).`), data.message && h("p", null, said(data.message)))));
    } catch (error) {
      fill(result, problem(error));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
  return h("details", { class: "fold" }, h("summary", null, h("span", null, "Test it")), h("div", { class: "inside" },
    h("div", { class: "form-grid" }, field("With the key of", project), field("Model", model)), h("div", null, button), result));
}
