// All projects: search, state, and where to create one.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link, to } from "../core/router.js";
import { session } from "../core/session.js";
import { field, searchBox, select } from "../ui/field.js";
import { dataTable } from "../ui/table.js";
import { pager } from "../ui/pager.js";
import { empty, projectState } from "../ui/status.js";
import { when } from "../ui/time.js";
import { learn } from "../ui/combo.js";
import { budgetLine } from "../ui/budget.js";

const PAGE = 50;

export default async function projects(view) {
  const place = h("div");
  const foot = pager(view, () => reload());
  const refilter = (changes) => {
    view.setQuery({ ...changes, after: null });
    history.replaceState({}, "");
    reload();
  };
  const table = dataTable({
    caption: "Projects", key: (p) => p.id, address: (p) => to(`/projects/${encodeURIComponent(p.id)}`),
    columns: [
      { label: "Name", main: true, cell: (p) => link(`/projects/${encodeURIComponent(p.id)}`, said(p.name, { clip: true })) },
      { label: "State", cell: projectState, fit: true },
      { label: "Policy", wide: true, cell: (p) => (p.policy ? Object.keys(p.policy).map((k) => k.replaceAll("_", " ")).join(", ") : h("span", { class: "muted" }, "anything")) },
      { label: "Budget", wide: true, cell: (p) => budgetLine(p.budget) ?? h("span", { class: "muted" }, "no limit") },
      { label: "Provider key", wide: true, cell: (p) => (p.api_key ? h("code", null, said(p.api_key, { clip: true })) : h("span", { class: "muted" }, "none")) },
      { label: "Changed", cell: (p) => when(p.updated_at), fit: true },
    ],
  });
  view.show(
    view.head("Projects", {
      note: "A project pays. It holds a provider key and bounds what its tokens may do.",
      actions: [session.canWrite && link("/projects/new", [icon("plus"), "New project"], { class: "button primary", "data-key": "n" })],
    }),
    h("div", { class: "filters", role: "search" },
      searchBox("Search by name or id", view.get("search"), (text) => refilter({ search: text })),
      field("State", select([["", "All"], ["1", "Active only"]], view.get("active"), { onchange: (e) => refilter({ active: e.target.value }) }))),
    place, foot);
  const reload = await view.region(place, async () => {
    const search = view.get("search");
    const { data, next } = await api.list("projects", { search, active_only: view.get("active") ? "true" : null, limit: PAGE, after: view.get("after") }, view.signal);
    learn(data);
    foot.show(data.length, next, "project");
    if (!data.length) return nothing(search || view.get("active"), () => refilter({ search: null, active: null }));
    table.rows(data);
    return table;
  });
}

function nothing(isFiltered, reset) {
  return h("div", { class: "card" }, isFiltered
    ? empty({ symbol: "search", title: "No project matches", text: "Search looks at names and ids. Check the spelling, or show all projects.", action: h("button", { type: "button", class: "button", onclick: () => { reset(); document.querySelector("[data-search]").value = ""; } }, "Show all") })
    : empty({ symbol: "projects", title: "No projects yet", text: "Start with one: give it a name and the key of your provider. Then create tokens for the applications that use it.",
      action: session.canWrite && link("/projects/new", [icon("plus"), "New project"], { class: "button primary" }) }));
}
