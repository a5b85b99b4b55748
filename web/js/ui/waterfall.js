// The waterfall of one exchange: each step with verdict and time, on a scale one can choose.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { micros, plain } from "../core/format.js";
import { segments } from "./field.js";
import { badge, empty } from "./status.js";
import { pref, setPref } from "../core/prefs.js";

const KINDS = { stage: "stage", adapter: "adapter", upstream: "provider", client: "client" };
const STEPS = {
  client: { request: "request read", first_byte: "until the first byte", answer: "answer sent" },
  upstream: { connect: "connect", head: "until it answers", body: "answer read" },
};

/** Microseconds in which a provider was waited for: its steps, which may overlap, together. */
export function providerTime(steps) {
  let [sum, until] = [0, 0];
  for (const { start_us: start, duration_us: takes } of steps.filter((s) => s.kind === "upstream").sort((a, b) => a.start_us - b.start_us)) {
    sum += Math.max(0, start + takes - Math.max(start, until));
    until = Math.max(until, start + takes);
  }
  return sum;
}

const isRefusal = (step, exchange) => step.verdict === "error" || (step.verdict === "respond" && step.stage === exchange.refused_by);

/** The table of `steps`; what matters most is marked in words: the stage that refused, else the slowest stage. */
export function waterfall(steps, exchange) {
  if (!steps.length) return empty({ symbol: "requests", title: "No steps recorded", text: "This request ended before any stage saw it." });
  const ours = steps.filter((s) => s.kind === "stage" || s.kind === "adapter");
  const slowest = steps.filter((s) => s.kind === "stage").reduce((top, s) => ((s.duration_us ?? 0) > (top?.duration_us ?? -1) ? s : top), null);
  const refusing = steps.find((s) => s.kind === "stage" && isRefusal(s, exchange));
  const marked = refusing ?? slowest;
  const mark = refusing ? "refused here" : "slowest stage";
  let scale = pref("waterfall", "time");
  const body = h("tbody", { role: "rowgroup" });
  const head = ["Step", "Hook", "Verdict", "Starts", "Takes", "Time line"];
  const table = h("table", { role: "table", class: "waterfall fold-rows" }, h("caption", null, "Steps of this request in order"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head.map((text, i) => h("th", { role: "columnheader", scope: "col", class: i === 3 || i === 4 ? "n" : null }, text)))), body);
  const draw = () => fill(body, steps.map((step) => row(step, step === marked && mark, place(step), exchange)));

  function place(step) {
    if (scale === "proxy") {
      const top = Math.max(...ours.map((s) => s.duration_us ?? 0), 1);
      return ours.includes(step) ? [0, ((step.duration_us ?? 0) / top) * 100] : null;
    }
    const total = Math.max((exchange.duration_ms ?? 0) * 1000, ...steps.map((s) => (s.start_us ?? 0) + (s.duration_us ?? 0)), 1);
    return [((step.start_us ?? 0) / total) * 100, ((step.duration_us ?? 0) / total) * 100];
  }
  draw();
  return h("div", null,
    h("div", { class: "row wrap between waterfall-head" },
      h("p", { class: "small" }, !refusing && slowest ? ["Slowest stage: ", h("strong", { "data-slowest": slowest.stage ?? slowest.kind }, said(slowest.stage ?? slowest.kind)), `, ${micros(slowest.duration_us)}`]
        : refusing ? ["Refused by the stage ", h("strong", null, said(refusing.stage)), `, after ${micros(refusing.start_us + refusing.duration_us)}`] : null),
      segments("Scale", [["time", "Whole time"], ["proxy", "Stages only"]], scale, (picked) => {
        scale = picked;
        setPref("waterfall", picked);
        draw();
      })),
    table);
}

function row(step, mark, at, exchange) {
  const hasRefused = isRefusal(step, exchange);
  const classes = [`kind-${step.kind}`, mark && "marked", hasRefused && "refused"].filter(Boolean).join(" ");
  const name = STEPS[step.kind]?.[step.stage] ?? (step.stage || step.hook || step.kind);
  return h("tr", { role: "row", class: classes },
    h("td", { role: "cell", class: "main" }, h("span", { class: "row wrap" }, said(name), h("span", { class: "small muted" }, KINDS[step.kind] ?? step.kind), mark && badge(mark, "warn", hasRefused ? "ban" : "clock"))),
    h("td", { role: "cell", "data-label": "Hook", class: step.stage && step.hook ? null : "void" }, h("span", { class: "small nowrap" }, step.stage && plain(step.hook))),
    h("td", { role: "cell", "data-label": "Verdict", class: step.verdict || step.detail ? null : "void" }, h("span", { class: "row wrap" }, verdict(step.verdict, hasRefused), step.detail && h("span", { class: "small" }, said(step.detail)))),
    h("td", { role: "cell", class: "n", "data-label": "Starts" }, h("span", null, step.start_us == null ? "–" : `+${micros(step.start_us)}`)),
    h("td", { role: "cell", class: "n", "data-label": "Takes" }, h("span", null, micros(step.duration_us))),
    h("td", { role: "cell", class: `wide-lane ${at ? "" : "void"}`, "data-label": "Time line" }, h("span", { class: "lane", "aria-hidden": "true" }, at && h("span", { class: "bar", style: { "inset-inline-start": `${Math.min(at[0], 99.4)}%`, width: `${Math.max(0, Math.min(at[1], 100 - at[0]))}%` } }))));
}

function verdict(word, hasRefused) {
  return { continue: () => badge("continue", "", "check"), respond: () => (hasRefused ? badge("refused", "warn", "ban") : badge("answered", "ok", "check")), pause: () => badge("paused", "info", "pause"), error: () => badge("failed", "bad", "bad"), drop: () => badge("dropped", "warn", "ban"), replace: () => badge("replaced", "info", "edit"), replay: () => badge("answered from memory", "ok", "check"), detach: () => badge("continue, not called again", "", "check") }[word]?.() ?? (word ? badge(word) : null);
}
