// The chain as it runs: each stage's plugin, settings against its schema, time and failures per hook.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { live } from "../core/live.js";
import { count, micros, number, plain, short } from "../core/format.js";
import { badge, card, empty, facts } from "../ui/status.js";
import { when } from "../ui/time.js";
import { identifier } from "../ui/copy.js";
import { plainTable } from "../ui/table.js";
import { settingsTable } from "../ui/schema.js";

const SHORT = { "request headers": "req", "request body": "body", "response headers": "resp", "response body": "resp body", "response stream": "stream" };

export default async function pipeline(view) {
  const place = h("div", { class: "stack" });
  view.show(view.head("Pipeline", { note: "What every request passes, in this order; answers pass the same stages backwards. Choose one to see what it is and does." }), place);
  const detail = h("div", { class: "stack", "aria-live": "off" });
  const chain = h("ol", { class: "chain", role: "list", "aria-label": "The chain" });
  let data = null;
  const parts = () => [...data.stages, ...data.adapters.map((a) => ({ ...a, isAdapter: true, name: a.api }))];
  const chosen = () => parts().find((p) => keyOf(p) === view.get("stage")) ?? parts()[0];

  const reload = await view.region(place, async () => {
    ({ data } = await api.get("/manage/pipeline", {}, view.signal));
    draw();
    return [summary(data), h("section", { class: "card" }, h("header", null, h("h2", null, "Chain")), h("div", { class: "body" }, chain)), detail];
  });
  view.every(15_000, () => !live.paused && live.shown !== "lost" && !place.contains(document.activeElement) && reload({ quiet: true }));

  function draw() {
    const current = chosen();
    fill(chain,
      h("li", null, h("span", { class: "end" }, icon("requests"), "Client")),
      data.stages.map((stage) => h("li", null, block(stage, stage === current))),
      data.adapters.length > 0 && h("li", null, h("div", { class: "stack tight" }, parts().filter((p) => p.isAdapter).map((a) => block(a, a === current)))),
      h("li", null, h("span", { class: "end" }, icon("providers"), "Provider")));
    fill(detail, current ? details(current) : empty({ symbol: "pipeline", title: "No stages", text: "The configuration names no pipeline." }));
  }

  function block(part, isChosen) {
    const calls = Math.max(0, ...part.hooks.map((k) => k.calls));
    const spent = part.hooks.reduce((sum, k) => sum + (k.calls ? k.avg_us ?? 0 : 0), 0);
    const failures = part.hooks.reduce((sum, k) => sum + k.failures, 0);
    return h("button", { type: "button", "aria-pressed": String(isChosen), onclick: () => { view.setQuery({ stage: keyOf(part) }); draw(); chain.querySelector("[aria-pressed=true]").focus(); } },
      h("span", { class: "name" }, said(part.name, { clip: true }), failures > 0 && icon("warn", { size: 14, label: count(failures, "failure") })),
      h("span", { class: "use" }, part.isAdapter ? "adapter " : "", said(part.use, { clip: true })),
      h("span", { class: "time num" }, calls ? `${micros(spent)} · ${count(calls, "call", short)}` : "not called yet"),
      h("span", { class: "hooks" }, part.hooks.slice(0, 5).map((k) => h("i", null, SHORT[plain(k.hook)] ?? plain(k.hook)))));
  }
}

const keyOf = (part) => (part.isAdapter ? `adapter:${part.name}` : part.name);

function summary(data) {
  return h("dl", { class: "figures" },
    [["Generation", number(data.generation), ["in force since ", when(data.since)]], ["Stages", number(data.stages.length), count(data.adapters.length, "adapter")],
      ["In flight", number(data.in_flight), "exchanges"],
      ["Failures", number([...data.stages, ...data.adapters].flatMap((s) => s.hooks).reduce((sum, k) => sum + k.failures, 0)), "since the start"]]
      .map(([name, value, sub]) => h("div", { class: "figure" }, h("dt", null, name), h("dd", { class: "value" }, value), h("dd", { class: "sub" }, sub))));
}

function details(part) {
  const plugin = part.plugin ?? {};
  return h("div", { class: "grid" },
    card(h("span", null, said(part.name), " ", h("span", { class: "muted" }, part.isAdapter ? "adapter" : "stage")), facts(
      ["What it does", part.summary && said(part.summary)], ["Uses", h("code", null, said(part.use))], ["Set in", part.origin && h("code", null, said(part.origin))], ["Plugin", h("span", null, h("code", null, said(plugin.id)), " ", badge(`version ${plugin.version ?? "–"}`))], ["File", plugin.file && h("code", null, said(plugin.file))],
      ["SHA-256", plugin.sha256 && identifier(plugin.sha256)], ["Runtime", said([plugin.runtime, plugin.vendor].filter(Boolean).join(", ") || "–")],
      ["When it fails", part.on_error && (part.on_error === "open" ? badge("open: the request goes on", "warn", "warn") : badge("closed: the request ends", "ok", "check"))],
      ["May take", part.timeout_ms && `${number(part.timeout_ms)} ms`], ["Only when", condition(part.when)],
      ["Provides", list(part.provides)], ["Needs", list(part.consumes)], ["Host services", list(part.services)]), { className: "span-5" }),
    card("Time and failures by hook", part.hooks.length
      ? plainTable(`Hooks of ${part.name}`, ["Hook", ...["Calls", "Average", "Total", "Failures", "Pauses", "Over budget"].map((label) => ({ label, num: true }))],
        part.hooks.map((k) => [plain(k.hook), number(k.calls), micros(k.avg_us ?? 0), micros(k.total_us), k.failures ? badge(number(k.failures), "bad", "bad") : "0", number(k.pauses), number(k.over_budget)]))
      : h("p", { class: "muted" }, "It has no hooks."), { className: "span-7" }),
    card("Settings", settingsTable(part.config ?? {}, part.config_schema), { flush: true, foot: h("p", { class: "small muted" }, "Set in the configuration file under ", h("code", null, part.isAdapter ? `apis.${part.name}.config` : `pipeline[].config of ${part.name}`), ". A restart puts changes in force.") }));
}

const list = (items) => (items?.length ? h("span", { class: "row wrap" }, items.map((text) => h("code", null, said(text)))) : null);

function condition(when) {
  const parts = Object.entries(when ?? {}).filter(([, v]) => v?.length);
  return parts.length ? parts.map(([name, values]) => `${name.replaceAll("_", " ")}: ${[values].flat().join(", ")}`).join("; ") : null;
}
