// The whole state at a glance.
import { h, fill, painted, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link } from "../core/router.js";
import { live } from "../core/live.js";
import { chart } from "../core/chart.js";
import { bytes, count, day, hourMinute, millis, money, number, percent, short, span } from "../core/format.js";
import { segments } from "../ui/field.js";
import { badge, card, empty, facts, notice } from "../ui/status.js";
import { when } from "../ui/time.js";
import { gettingStarted } from "../ui/start.js";
import { actionWords, actorWords } from "../ui/actions.js";

const RANGES = [["15m", "15 min"], ["1h", "1 h"], ["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"]];

export default async function overview(view) {
  let range = view.get("range", "1h");
  const place = h("div", { class: "stack" });
  const start = h("div");
  view.show(
    view.head("Overview", {
      actions: [segments("Time range", RANGES, range, (picked) => {
        range = picked;
        view.setQuery({ range: picked === "1h" ? null : picked });
        parts = null;
        reload();
      })],
    }), start, place);
  let parts = null;
  const reload = await view.region(place, async () => {
    // The figures may be there already: the frame around them is shown first, because they take longer to draw.
    const [{ data }] = await Promise.all([api.get("/manage/overview", { range }, view.signal), parts || painted()]);
    fill(start, isFresh(data) ? gettingStarted(data) : null);
    if (parts) return void parts.update(data);
    parts = board(view, data);
    return parts.element;
  }, { rows: 10 });
  view.every(10_000, () => !live.paused && live.shown !== "lost" && reload({ quiet: true }));
  view.on("app:resumed", () => reload({ quiet: true }));
  live.on("overview", (now) => parts?.now(now), view.signal);
}

/** True while somebody still has first steps to do. */
const isFresh = ({ counts, totals }) => Boolean(counts) && (counts.tokens === 0 || (totals.requests === 0 && counts.tokens <= 3));

function figure(name) {
  const value = h("span", { class: "value" });
  const sub = h("span", { class: "sub" });
  return { element: h("div", { class: "figure", role: "listitem" }, h("span", { class: "name" }, name), value, sub), put: (text, below = "") => (fill(value, text), fill(sub, below)) };
}

function board(view, first) {
  const [requests, errors, latency, streams, tokens, cost] = ["Requests", "Errors", "Median time", "Now in flight", "Tokens", "Cost"].map(figure);
  const health = h("div");
  const [projects, models, changes, process] = [h("div"), h("div"), h("div"), h("div")];
  const since = ["projects", "models"].map(() => h("span", { class: "small muted" }));
  const label = (row) => moment(new Date(row.t), first.step_seconds);
  const columns = (data, names) => names.map((name) => data.series.map((row) => row[name] ?? null));
  const traffic = chart({
    title: "Requests and errors", labels: first.series.map(label), view, format: number,
    series: [{ label: "Requests", values: columns(first, ["requests"])[0], fill: true }, { label: "Errors", values: columns(first, ["errors"])[0], colour: "--series-2", dash: [4, 3] }],
  });
  const times = chart({
    title: "Time to answer", labels: first.series.map(label), view, format: millis,
    series: ["p50_ms", "p95_ms", "p99_ms"].map((name, i) => ({ label: name.slice(0, 3), values: columns(first, [name])[0], colour: `--series-${[1, 3, 4][i]}`, dash: [[], [6, 3], [2, 3]][i] })),
  });
  const usage = chart({
    title: "Tokens read and written", labels: first.series.map(label), view, format: short, stacked: true,
    series: [{ label: "Input", kind: "bar", values: columns(first, ["input_tokens"])[0] }, { label: "Output", kind: "bar", values: columns(first, ["output_tokens"])[0], colour: "--series-4" }],
  });

  function update(data) {
    const { totals } = data;
    first = data;
    requests.put(short(totals.requests), count(totals.streams, "stream", short));
    errors.put(percent(totals.requests ? totals.errors / totals.requests : 0, 2), count(totals.errors, "request"));
    latency.put(millis(data.latency_ms?.p50), data.latency_ms?.p95 == null ? "no answers yet" : `p95 ${millis(data.latency_ms.p95)} · p99 ${millis(data.latency_ms.p99)}`);
    streams.put(number(data.in_flight.exchanges), count(data.in_flight.streams, "stream"));
    tokens.put(short(totals.input_tokens + totals.output_tokens), `${short(totals.input_tokens)} in · ${short(totals.output_tokens)} out`);
    cost.put(money(totals.cost_micros, totals.currency), totals.cost_micros === null ? "no prices set" : "by the price table");
    const labels = data.series.map(label);
    traffic.update(labels, columns(data, ["requests", "errors"]));
    times.update(labels, columns(data, ["p50_ms", "p95_ms", "p99_ms"]));
    usage.update(labels, columns(data, ["input_tokens", "output_tokens"]));
    fill(health, healthNotice(data.health));
    since.forEach((place) => fill(place, `since ${moment(wholeHour(data.series[0].t), first.step_seconds)}`));
    fill(projects, ranking(data.top_projects, (p) => link(`/projects/${encodeURIComponent(p.id)}`, said(p.name, { clip: true })), totals.currency, "project"));
    fill(models, ranking(data.top_models, (m) => link("/usage", said(m.model || "unknown", { clip: true }), { query: { group_by: "model", model: m.model } }), totals.currency, "model"));
    fill(changes, changeList(data.recent_changes));
    fill(process, facts(["Version", data.process.version], ["Running for", span(data.process.uptime_seconds)], ["Memory", bytes(data.process.memory_bytes)],
      ["Processor", data.process.cpu_percent == null ? null : `${data.process.cpu_percent.toFixed(1)} %`],
      data.counts && ["Projects", `${number(data.counts.active_projects)} active of ${number(data.counts.projects)}`], data.counts && ["Tokens", `${number(data.counts.active_tokens)} active of ${number(data.counts.tokens)}`]));
  }
  update(first);
  const element = h("div", { class: "stack" }, health,
    h("div", { class: "figures", role: "list", "aria-label": "Figures of the range" }, [requests, errors, latency, streams, tokens, cost].map((f) => f.element)),
    h("div", { class: "grid" },
      card("Requests", traffic, { className: "span-6" }), card("Time to answer", times, { className: "span-6" }),
      card(h("span", null, "Top projects ", since[0]), projects, { className: "span-4", flush: true, actions: link("/usage", "All", { query: { group_by: "project" } }) }),
      card(h("span", null, "Top models ", since[1]), models, { className: "span-4", flush: true, actions: link("/usage", "All", { query: { group_by: "model" } }) }),
      card("Tokens", usage, { className: "span-4" }),
      card("What changed lately", changes, { className: "span-8", flush: true, actions: link("/audit", "Audit") }),
      card("Process", process, { className: "span-4" })));
  return { element, update, now: (n) => streams.put(number(n.in_flight), `${count(n.streams, "stream")} · ${(n.rps ?? 0).toFixed(n.rps >= 10 ? 0 : 1)} requests/s`) };
}

const moment = (date, step) => (step >= 3600 ? `${day(date)} ${hourMinute(date)}` : hourMinute(date));

/** The ledger's sums are of whole hours, so what is ranked begins with the hour in which the range begins. */
const wholeHour = (text) => new Date(Math.floor(new Date(text) / 3_600_000) * 3_600_000);

function healthNotice(health) {
  if (health.status === "ok" && health.writable !== false && !health.problems?.length) return null;
  return notice(health.status === "ok" ? "warn" : "bad", h("p", { class: "strong" }, health.writable === false ? "The database cannot be written" : "Something needs attention"),
    (health.problems ?? []).map((text) => h("p", null, said(text))),
    health.writable === false && h("p", null, "Traffic goes on from memory; changes wait. Check the disk and permissions of the database file."));
}

function ranking(rows, name, currency, noun) {
  if (!rows.length) return empty({ symbol: "usage", title: "No traffic in this range", text: `Each ${noun} that answers a request shows up here.` });
  const top = Math.max(...rows.map((r) => r.requests), 1);
  return h("table", { class: "rank" },
    h("caption", null, `Top ${noun}s`),
    h("thead", null, h("tr", null, ["Name", "Requests", "Tokens", "Cost"].map((head, i) => h("th", { scope: "col", class: i ? "n" : null }, head)))),
    h("tbody", null, rows.slice(0, 6).map((row) => h("tr", null,
      h("td", { class: "named" }, name(row), h("span", { class: "meter", "aria-hidden": "true" }, h("i", { style: { width: `${(row.requests / top) * 100}%` } }))),
      h("td", { class: "n" }, short(row.requests)), h("td", { class: "n" }, short(row.total_tokens)), h("td", { class: "n" }, money(row.cost_micros, currency))))));
}

function changeList(rows) {
  if (!rows?.length) return empty({ symbol: "audit", title: "Nothing changed yet", text: "New projects, tokens and settings show up here, with who did it." });
  return h("ul", { class: "rows" }, rows.slice(0, 8).map((row) => h("li", null,
    icon(row.outcome === "success" ? "check" : "bad", { size: 14 }),
    h("span", { class: "grow" }, link(`/audit/${encodeURIComponent(row.id)}`, actionWords(row.action, row.outcome)), " ", h("span", { class: "muted" }, "by "), said(actorWords(row.actor))),
    row.outcome !== "success" && badge(row.outcome, "bad", "bad"),
    h("span", { class: "muted nowrap" }, when(row.timestamp)))));
}
