// All access tokens: search, filters, order, pages by keyset, selection to revoke many.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link, to } from "../core/router.js";
import { session } from "../core/session.js";
import { number } from "../core/format.js";
import { field, searchBox, select } from "../ui/field.js";
import { combo, findProjects, knowProjects, projectItem, projectLabel } from "../ui/combo.js";
import { dataTable } from "../ui/table.js";
import { pager } from "../ui/pager.js";
import { empty, meter, tokenState } from "../ui/status.js";
import { ending, when } from "../ui/time.js";
import { lazySpark } from "../ui/lazy-spark.js";
import { revokeTokens } from "../ui/revoke.js";

const PAGE = 50;
const STATES = [["", "All"], ["active", "Active"], ["expired", "Expired"], ["revoked", "Revoked"], ["used_up", "Used up"]];
const FILTERS = ["search", "project_id", "status", "parent_id"];

export default async function tokens(view) {
  const selection = new Set();
  const rows = new Map();
  const place = h("div");
  const bulk = h("div", { class: "bulk-place" });
  const foot = pager(view, () => reload());
  const refilter = (changes) => {
    view.setQuery({ ...changes, after: null });
    history.replaceState({}, "");
    selection.clear();
    drawBulk();
    reload();
  };
  const order = () => ({ by: view.get("sort", "created_at"), order: view.get("order", "desc") });
  const spark = lazySpark(view, () => view.get("project_id"));
  const makeTable = () => dataTable({
    caption: "Access tokens", key: (t) => t.id, selection: session.canWrite ? selection : null, onSelect: drawBulk,
    address: (t) => to(`/tokens/${encodeURIComponent(t.id)}`), sort: order(),
    onSort: ({ by, order }) => refilter({ sort: by === "created_at" ? null : by, order: order === "desc" ? null : order }),
    columns: [
      { label: "Token", main: true, two: true, text: (t) => t.label || t.token, cell: (t) => h("span", null, link(`/tokens/${encodeURIComponent(t.id)}`, t.label ? said(t.label, { clip: true }) : h("code", null, t.token)), t.label && h("span", { class: "sub" }, h("code", null, t.token))) },
      { label: "Project", cell: (t) => projectLabel(t.project_id) },
      { label: "State", cell: tokenState, fit: true },
      { label: "Ends", sort: "expires_at", cell: ending, fit: true },
      { label: "Requests", sort: "request_count", num: true, cell: (t) => h("span", null, number(t.request_count), t.max_requests ? [h("span", { class: "muted" }, ` / ${number(t.max_requests)}`), meter(t.request_count, t.max_requests, `${t.request_count} of ${t.max_requests} used`)] : null) },
      { label: "14 days", wide: true, fit: true, cell: (t) => spark(t) },
      { label: "Last used", sort: "last_used_at", cell: (t) => when(t.last_used_at), fit: true },
      { label: "Created", sort: "created_at", wide: true, cell: (t) => when(t.created_at), fit: true },
    ],
  });
  const project = combo("Project", { find: findProjects, value: await projectItem(view.get("project_id")), placeholder: "All projects", onpick: (item) => refilter({ project_id: item?.id }) });
  view.show(
    view.head("Tokens", {
      note: "What applications show instead of a provider key. Each withers: by time, by use, by budget, or by your hand.",
      actions: [session.canWrite && link("/tokens/new", [icon("plus"), "New token"], { class: "button primary", "data-key": "n", query: { project_id: view.get("project_id") } })],
    }),
    h("div", { class: "filters", role: "search" },
      searchBox("Search by label, id or first characters", view.get("search"), (text) => refilter({ search: text })),
      field("Project", project),
      field("State", select(STATES, view.get("status"), { onchange: (e) => refilter({ status: e.target.value }) })),
      view.get("parent_id") && h("button", { type: "button", class: "button", onclick: (e) => { e.target.closest("button").remove(); refilter({ parent_id: null }); } }, icon("close", { size: 14 }), "Only descendants of one token")),
    place, bulk, foot);

  const reload = await view.region(place, async () => {
    const { by, order: direction } = order();
    const { data, next } = await api.list("tokens", { ...Object.fromEntries(FILTERS.map((f) => [f, view.get(f)])), sort: by, order: direction, limit: PAGE, after: view.get("after") }, view.signal);
    await knowProjects();
    data.forEach((t) => rows.set(t.id, t));
    foot.show(data.length, next, "token");
    if (!data.length) return nothing(FILTERS.some((f) => view.get(f)));
    const table = makeTable();
    table.rows(data);
    return table;
  });

  function drawBulk() {
    fill(bulk, selection.size > 0 && h("div", { class: "bulk", role: "region", "aria-label": "Selected tokens" },
      h("span", { role: "status" }, `${number(selection.size)} selected`),
      h("button", { type: "button", class: "button danger", onclick: revoke }, icon("ban"), "Revoke"),
      h("button", { type: "button", class: "button quiet", onclick: clear }, "Clear")));
  }
  function clear() {
    selection.clear();
    place.querySelector(".table-wrap")?.mark();
    drawBulk();
  }
  async function revoke() {
    if (await revokeTokens([...selection].map((id) => rows.get(id)))) {
      clear();
      reload();
    }
  }

  function nothing(isFiltered) {
    return h("div", { class: "card" }, isFiltered
      ? empty({ symbol: "search", title: "No token matches", text: "Search looks at labels, ids and the first characters of the token. A whole secret cannot be searched for: only its hash is kept." })
      : empty({ symbol: "tokens", title: "No tokens yet", text: "Create one for an application. Its secret is shown once, with a ready first call in four languages.",
        action: session.canWrite && link("/tokens/new", [icon("plus"), "New token"], { class: "button primary" }) }));
  }
}
