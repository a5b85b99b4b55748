// Requests as they come: a live tail with filters, and the way into each one's waterfall.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link, to } from "../core/router.js";
import { live } from "../core/live.js";
import { millis, number, price, short } from "../core/format.js";
import { field, input, searchBox, select } from "../ui/field.js";
import { combo, findProjects, projectItem } from "../ui/combo.js";
import { dataTable } from "../ui/table.js";
import { empty, httpStatus } from "../ui/status.js";
import { when } from "../ui/time.js";

const SHOWN = 100;
/** New rows come in together this often: each time moves and paints the whole table, and a sample is not read row by row. */
const BEAT_MS = { calm: 100, sampled: 500 };
const STATES = [["", "All"], ["2xx", "Answered (2xx)"], ["4xx", "Refused (4xx)"], ["5xx", "Failed (5xx)"], ["401", "401"], ["403", "403"], ["429", "429"]];
const FILTERS = ["search", "project_id", "token_id", "model", "status", "path", "min_ms"];

export default async function requests(view) {
  const place = h("div");
  const note = h("p", { class: "small muted", hidden: true });
  const newerText = h("span");
  const newer = h("button", { type: "button", class: "button newer", hidden: true, onclick: () => showNewer() }, icon("up", { size: 14 }), newerText);
  let waiting = [];
  let beat = 0;
  let table = null;
  let seen = new Set();
  let reload = () => {};
  const refilter = (changes) => {
    view.setQuery(changes);
    waiting = [];
    reload();
  };
  const project = combo("Project", { find: findProjects, value: await projectItem(view.get("project_id")), placeholder: "All projects", onpick: (item) => refilter({ project_id: item?.id }) });
  const model = input({ ".value": view.get("model"), placeholder: "Any", spellcheck: false, onchange: (e) => refilter({ model: e.target.value.trim() }) });
  const slow = input({ type: "number", min: 0, ".value": view.get("min_ms"), placeholder: "0", onchange: (e) => refilter({ min_ms: e.target.value }) });
  view.show(
    view.head("Requests", {
      note: "The latest exchanges, as they end. Open one to see every stage, its verdict and its time.",
      actions: [pauseButton(view)],
    }),
    h("div", { class: "filters", role: "search" },
      searchBox("Search by id, path, label or error", view.get("search"), (text) => refilter({ search: text })),
      field("Project", project),
      field("Status", select(STATES, view.get("status"), { onchange: (e) => refilter({ status: e.target.value }) })),
      field("Model", model), field("Slower than, ms", slow),
      view.get("token_id") && h("button", { type: "button", class: "button", onclick: (e) => { e.currentTarget.remove(); refilter({ token_id: null }); } }, icon("close", { size: 14 }), "Only one token")),
    note, newer, place);

  const filter = () => Object.fromEntries(FILTERS.map((f) => [f, view.get(f)]));
  live.on("exchange", (row) => {
    if (seen.has(row.request_id) || !matches(row, filter())) return;
    if (seen.size > 5000) seen = new Set();
    seen.add(row.request_id);
    waiting.unshift(row);
    if (waiting.length > SHOWN) waiting.length = SHOWN;
    beat ||= setTimeout(() => requestAnimationFrame(flush), note.hidden ? BEAT_MS.calm : BEAT_MS.sampled);
  }, view.signal);
  live.on("sample", (sample) => sampled(sample), view.signal);
  view.on("app:resumed", () => reload({ quiet: true }));
  // Listened to first: what ends while the list is on its way is not lost.
  reload = await view.region(place, async () => {
    const { data, next } = await api.list("exchanges", { ...filter(), limit: SHOWN }, view.signal);
    seen = new Set(data.map((row) => row.request_id));
    waiting = waiting.filter((row) => !seen.has(row.request_id));
    waiting.forEach((row) => seen.add(row.request_id));
    table = data.length || waiting.length ? tailTable() : null;
    if (!table) return nothing(FILTERS.some((f) => view.get(f)));
    table.rows([...waiting, ...data]);
    waiting = [];
    drawNewer();
    return h("div", { class: "stack" }, table, next && older(next, table));
  });

  // While somebody reads further down or uses a row, new ones wait above.
  function flush() {
    beat = 0;
    if (view.signal.aborted) return;
    if (!table) return void reload({ quiet: true });
    const isReading = scrollY > 240 || place.contains(document.activeElement);
    if (isReading) return drawNewer();
    table.prepend(waiting, SHOWN, note.hidden);
    waiting = [];
    drawNewer();
  }
  function drawNewer() {
    const count = waiting.length;
    if (newer.hidden && count) view.say("Newer requests wait above the list.");
    newer.hidden = count === 0;
    newerText.textContent = `Show ${number(count)} newer`;
  }
  function showNewer() {
    table?.prepend(waiting, SHOWN);
    waiting = [];
    drawNewer();
    scrollTo({ top: 0 });
  }

  function older(cursor, table) {
    const button = h("button", { type: "button", class: "button", onclick: async () => {
      const { data, next } = await api.list("exchanges", { ...filter(), limit: SHOWN, after: cursor }, view.signal);
      table.append(data);
      cursor = next;
      if (!next) button.remove();
    } }, "Show older");
    return h("div", null, button);
  }

  function sampled({ sampled: isSample, seen, shown }) {
    if (note.hidden && isSample) view.say("Showing a sample of the requests.");
    note.hidden = !isSample;
    fill(note, isSample && ["Showing ", h("strong", { class: "num" }, number(shown)), " of ", h("strong", { class: "num" }, number(seen)), " requests in the last second: a sample, so that the page stays readable. Counts elsewhere are exact."]);
  }
}

function tailTable() {
  return dataTable({
    caption: "Requests, newest first", key: (r) => r.request_id, address: (r) => to(`/requests/${encodeURIComponent(r.request_id)}`), className: "tail",
    columns: [
      { label: "Request", main: true, two: true, cell: (r) => h("span", null, link(`/requests/${encodeURIComponent(r.request_id)}`, [said(r.method), " ", said(r.path)]), h("span", { class: "sub" }, said(r.model || "no model", { clip: true }))) },
      { label: "Status", cell: (r) => h("span", { class: "row" }, httpStatus(r.status, r), r.is_stream && icon("stream", { size: 14, label: "stream" }), r.error_code && h("code", { class: "small" }, said(r.error_code, { clip: true }))) },
      { label: "Project and token", two: true, cell: (r) => who(r) },
      { label: "Tokens", num: true, wide: true, cell: (r) => (r.input_tokens || r.output_tokens ? `${short(r.input_tokens ?? 0)} → ${short(r.output_tokens ?? 0)}` : null) },
      { label: "Cost", num: true, wide: true, cell: (r) => (r.cost_micros ? price(r.cost_micros, r.currency ?? "USD") : null) },
      { label: "Time", num: true, fit: true, cell: (r) => millis(r.duration_ms) },
      { label: "At", fit: true, num: true, cell: (r) => when(r.started_at, "clock") },
    ],
  });
}

/** Project and token of a request, as far as they were known. */
function who(r) {
  const project = r.project_name || r.project_id;
  const token = r.token_label || r.token_id?.slice(0, 8);
  return project || token ? h("span", null, project && said(project, { clip: true }), h("span", { class: "sub" }, token && said(token, { clip: true }))) : null;
}

/** Whether a summary passes the filters of the page, as the server would see it. */
function matches(row, f) {
  const status = String(row.status ?? "");
  if (f.project_id && row.project_id !== f.project_id) return false;
  if (f.token_id && row.token_id !== f.token_id) return false;
  if (f.model && row.model !== f.model) return false;
  if (f.status && (f.status.endsWith("xx") ? status[0] !== f.status[0] : status !== f.status)) return false;
  if (f.path && !row.path.startsWith(f.path)) return false;
  if (f.min_ms && row.duration_ms < Number(f.min_ms)) return false;
  const text = [row.request_id, row.path, row.token_label, row.project_name, row.model, row.error_code].join(" ").toLowerCase();
  return !f.search || text.includes(f.search.toLowerCase());
}

function pauseButton(view) {
  const button = h("button", { type: "button", class: "button", onclick: () => live.pause() });
  live.watch((state) => fill(button, icon(live.paused ? "play" : "pause", { size: 14 }), live.paused ? "Resume" : state === "live" ? "Pause" : "Pause"), view.signal);
  return button;
}

function nothing(isFiltered) {
  return h("div", { class: "card" }, isFiltered
    ? empty({ symbol: "search", title: "No request matches", text: "Only the latest requests are kept here. Widen the filters, or look at Usage for the past." })
    : empty({ symbol: "requests", title: "No requests yet", text: "Send one with the snippet of a token, or from the playground: it appears here by itself.", action: link("/playground", "Open playground", { class: "button primary" }) }));
}
