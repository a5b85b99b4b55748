// The configuration in force, and where each value comes from.
import { h, fill, said } from "../core/dom.js";
import { api } from "../core/api.js";
import { pref, setPref, chooseTheme, chosenTheme } from "../core/prefs.js";
import { number } from "../core/format.js";
import { check, field, searchBox, segments, select } from "../ui/field.js";
import { dataTable } from "../ui/table.js";
import { badge, card, empty, notice } from "../ui/status.js";

const SOURCES = { flag: ["flag", "accent"], environment: ["environment", "info"], env_file: [".env file", "info"], file: ["file", "ok"], default: ["default", ""] };

export default async function settings(view) {
  const place = h("div");
  const note = h("span", { role: "status", class: "small muted" });
  const refilter = (changes) => {
    view.setQuery(changes);
    draw();
  };
  view.show(
    view.head("Settings", { note: "What the server runs with, and where each value comes from. A flag wins over the environment, that over the file, that over the default." }),
    card("This browser", h("div", { class: "row wrap between" },
      segments("Theme", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]], chosenTheme() ?? "system", (theme) => chooseTheme(theme === "system" ? null : theme)),
      check("Single-key shortcuts", { ".checked": pref("keys", true), onchange: (e) => setPref("keys", e.target.checked) }))),
    h("div", { class: "filters", role: "search" },
      searchBox("Search settings", view.get("search"), (text) => refilter({ search: text })),
      field("From", select([["", "Anywhere"], ["set", "Set by somebody"], ...Object.entries(SOURCES).map(([v, [label]]) => [v, label])], view.get("source"), { onchange: (e) => refilter({ source: e.target.value }) })),
      h("div", { class: "end" }, note)),
    place);
  const list = h("div");
  let all = [];
  const table = dataTable({
    caption: "Settings in force", className: "settings", columns: [
      { label: "Setting", main: true, two: true, cell: (s) => h("span", null, h("code", null, said(s.key)), s.variable && s.variable !== s.key && h("span", { class: "sub" }, h("code", null, s.variable))) },
      { label: "Value", cell: (s) => (s.value === null || s.value === undefined || s.value === "" ? h("span", { class: "muted" }, "not set") : h("code", null, said(typeof s.value === "string" ? s.value : JSON.stringify(s.value)))) },
      { label: "From", cell: (s) => h("span", { class: "row wrap setting-source" }, badge(...(SOURCES[s.source] ?? [s.source])), s.location && s.location !== s.variable && h("code", { class: "small" }, said(s.location))) },
      { label: "Meaning", cell: (s) => (s.meaning ? h("span", { class: "small muted" }, marked(s.meaning)) : null) },
    ],
  });
  await view.region(place, async () => {
    const { data } = await api.get("/manage/config", {}, view.signal);
    all = data.settings;
    draw();
    const warnings = (data.warnings ?? []).length > 0 && notice("warn", h("p", { class: "strong" }, "The configuration is accepted, with remarks"), data.warnings.map((text) => h("p", null, said(text))));
    return h("div", { class: "stack tight" }, warnings, data.file && h("p", { class: "small muted" }, "File: ", h("code", null, said(data.file))), list);
  });

  function draw() {
    const text = view.get("search").toLowerCase();
    const source = view.get("source");
    const shown = all.filter((s) => (!source || (source === "set" ? s.source !== "default" : s.source === source)) && (!text || `${s.key} ${s.variable ?? ""} ${s.meaning ?? ""} ${JSON.stringify(s.value)}`.toLowerCase().includes(text)));
    table.rows(shown);
    note.textContent = `${number(shown.length)} of ${number(all.length)} settings`;
    fill(list, shown.length ? table : h("div", { class: "card" }, empty({ symbol: "search", title: "No setting matches", text: "Search looks at names, variables, values and meanings." })));
  }
}

/** Text whose `code` is set as such. */
const marked = (text) => text.split("`").map((part, i) => (i % 2 ? h("code", null, said(part)) : said(part)));
