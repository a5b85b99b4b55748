// What was used and what it cost: grouped, compared with the time before, exported.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api, query } from "../core/api.js";
import { link } from "../core/router.js";
import { chart } from "../core/chart.js";
import { millis, money, number, percent, price, short } from "../core/format.js";
import { field, input, searchBox, segments, select } from "../ui/field.js";
import { combo, findProjects, projectItem } from "../ui/combo.js";
import { card, empty } from "../ui/status.js";
import { dataTable } from "../ui/table.js";
import { delta, keyOf, period, previous, wholeCourse } from "../ui/periods.js";

const RANGES = [["24h", "24 h"], ["7d", "7 d"], ["30d", "30 d"], ["month", "This month"], ["own", "From…to"]];
const GROUPS = [["project", "Project"], ["token", "Token"], ["model", "Model"], ["provider", "Provider"], ["status", "Status"], ["day", "Day"], ["hour", "Hour"]];
const MEASURES = [["cost_micros", "Cost"], ["requests", "Requests"], ["total_tokens", "Tokens"]];

export default async function usage(view) {
  const place = h("div", { class: "stack" });
  const state = () => ({ range: view.get("range", "30d"), group: view.get("group_by", "project"), second: view.get("then"), measure: view.get("by", "cost_micros"), compare: view.get("compare") === "1" });
  const again = (changes) => {
    view.setQuery(changes);
    reload();
  };
  const own = h("div", { class: "row wrap", hidden: state().range !== "own" }, ["from", "to"].map((name) =>
    field(name === "from" ? "From" : "To", input({ type: "date", ".value": view.get(name).slice(0, 10), onchange: (e) => again({ [name]: e.target.value }) }))));
  const project = combo("Project", { find: findProjects, value: await projectItem(view.get("project_id")), placeholder: "All projects", onpick: (item) => again({ project_id: item?.id }) });
  const csv = h("a", { class: "button", download: "usage.csv", href: "#" }, icon("download"), "Export CSV");
  view.show(
    view.head("Usage and cost", { note: "Every answer counts once, when it ends. Cost is by the price table in force now.", actions: [csv, h("button", { type: "button", class: "button", onclick: () => print() }, "Print")] }),
    h("div", { class: "row wrap" },
      segments("Time range", RANGES, state().range, (range) => {
        own.hidden = range !== "own";
        again({ range: range === "30d" ? null : range });
      }),
      h("label", { class: "check" }, h("input", { type: "checkbox", ".checked": state().compare, onchange: (e) => again({ compare: e.target.checked ? "1" : null }) }), h("span", null, "Compare with the time before"))),
    own,
    h("div", { class: "filters", role: "search" },
      field("Group by", select(GROUPS, state().group, { onchange: (e) => again({ group_by: e.target.value }) })),
      field("Then by", select([["", "–"], ...GROUPS], state().second, { onchange: (e) => again({ then: e.target.value }) })),
      field("Show", select(MEASURES, state().measure, { onchange: (e) => again({ by: e.target.value }) })),
      field("Project", project),
      searchBox("Only this model", view.get("model"), (text) => again({ model: text }), "Only this model, e.g. gpt-4o"),
      view.get("token_id") && h("button", { type: "button", class: "button", onclick: (e) => { e.currentTarget.remove(); again({ token_id: null }); } }, icon("close", { size: 14 }), "Only one token")),
    place);

  const reload = await view.region(place, async () => {
    const s = state();
    const span = period(s.range, view.get("from"), view.get("to"));
    const filter = { project_id: view.get("project_id"), token_id: view.get("token_id"), model: view.get("model") };
    const groups = [...new Set([s.group, s.second].filter(Boolean))];
    const ask = (fields, at) => api.get("/manage/usage", { ...filter, ...fields, from: at.from, to: at.to }, view.signal).then(({ data }) => data);
    csv.href = `/manage/usage${query({ ...filter, group_by: groups.join(","), from: span.from, to: span.to, format: "csv" })}`;
    const [main, before, course] = await Promise.all([
      ask({ group_by: groups.join(","), limit: 500 }, span),
      s.compare ? ask({ group_by: groups.join(","), limit: 500 }, previous(span)) : null,
      ask({ group_by: span.hourly ? "hour" : "day", limit: 500 }, span),
    ]);
    if (!main.usage.length) return h("div", { class: "card" }, empty({ symbol: "usage", title: "Nothing used in this time", text: "Choose a longer range, or fewer filters. Usage is counted from the first answer on." }));
    return [totals(main, before), courseCard(view, course, s.measure, main.currency, span), table(main, before, groups, s.measure)];
  });
}

function totals(main, before) {
  const t = main.totals;
  const figure = (name, value, key, more) => h("div", { class: "figure" }, h("dt", null, name), h("dd", { class: "value" }, value), h("dd", { class: "sub" }, before ? delta(t[key], before.totals[key]) : more));
  return h("dl", { class: "figures" },
    figure("Cost", money(t.cost_micros, main.currency), "cost_micros", t.cost_micros == null ? "no prices set" : ""), figure("Requests", short(t.requests), "requests", `${percent(t.requests ? t.errors / t.requests : 0)} failed`),
    figure("Tokens read", short(t.input_tokens), "input_tokens", t.cached_input_tokens ? `${short(t.cached_input_tokens)} cached` : ""), figure("Tokens written", short(t.output_tokens), "output_tokens", t.reasoning_tokens ? `${short(t.reasoning_tokens)} reasoning` : ""),
    figure("Mean time", millis(t.latency_ms_avg), "latency_ms_avg", t.estimated_requests ? `${number(t.estimated_requests)} estimated` : ""));
}

function courseCard(view, course, measure, currency, span) {
  const unit = span.hourly ? "hour" : "day";
  const rows = wholeCourse(course.usage, span, unit);
  const format = measure === "cost_micros" ? (v) => price(v, currency) : short;
  const label = MEASURES.find(([m]) => m === measure)[1];
  return card(`${label} by ${unit}`, chart({
    title: label, view, format, labels: rows.map((r) => keyOf(r, unit)), head: span.hourly ? "Hour" : "Day",
    series: [{ label, kind: "bar", values: rows.map((r) => r[measure] ?? 0) }],
  }));
}

function table(main, before, groups, measure) {
  const keyed = (row) => groups.map((g) => row[`${g}_id`] ?? row[g]).join(" ");
  const old = new Map((before?.usage ?? []).map((row) => [keyed(row), row]));
  const isTime = groups[0] === "day" || groups[0] === "hour";
  const rows = [...main.usage].sort((a, b) => (isTime ? (keyOf(a, groups[0], true) < keyOf(b, groups[0], true) ? 1 : -1) : (b[measure] ?? 0) - (a[measure] ?? 0)));
  const words = Object.fromEntries(GROUPS);
  const columns = [
    ...groups.map((g, i) => ({ label: words[g], main: i === 0, cell: (r) => name(r, g) })),
    { label: "Requests", num: true, cell: (r) => number(r.requests) }, { label: "Errors", num: true, cell: (r) => number(r.errors) },
    { label: "Read", num: true, cell: (r) => short(r.input_tokens) }, { label: "Written", num: true, cell: (r) => short(r.output_tokens) },
    { label: "Mean time", num: true, wide: true, cell: (r) => millis(r.latency_ms_avg) },
    { label: "Cost", num: true, cell: (r) => h("strong", null, money(r.cost_micros, main.currency)) },
    before && { label: "Change", num: true, cell: (r) => delta(r[measure], old.get(keyed(r))?.[measure] ?? 0) },
  ].filter(Boolean);
  const element = dataTable({ caption: "Usage by group", columns });
  element.rows(rows);
  return h("div", { class: "stack tight" }, element, main.next && h("p", { class: "small muted" }, "Only the first 500 groups are shown; the CSV has more."));
}

function name(row, group) {
  if (group === "project" && row.project_id) return link(`/projects/${encodeURIComponent(row.project_id)}`, said(row.project_name ?? row.project_id, { clip: true }));
  if (group === "token" && row.token_id) return link(`/tokens/${encodeURIComponent(row.token_id)}`, said(row.token_label ?? row.token_id, { clip: true }));
  return h("span", null, said(keyOf(row, group) || "unknown", { clip: true }));
}
