// Who did what and when; whether the chain of entries is whole.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link, to } from "../core/router.js";
import { count } from "../core/format.js";
import { field, searchBox, select } from "../ui/field.js";
import { dataTable } from "../ui/table.js";
import { pager } from "../ui/pager.js";
import { empty, notice, outcome } from "../ui/status.js";
import { combo, findProjects, knowProjects, projectItem, projectLabel } from "../ui/combo.js";
import { when } from "../ui/time.js";
import { ACTIONS, actionWords, actorWords, isReading } from "../ui/actions.js";

const PAGE = 50;
const PAGES_AT_ONCE = 4;
const OUTCOMES = [["", "All"], ["success", "Success"], ["failure", "Failure"], ["denied", "Denied"], ["error", "Error"]];
const FILTERS = ["search", "action", "outcome", "actor", "project_id", "request_id"];

export default async function audit(view) {
  const place = h("div");
  const seal = h("div", { "aria-live": "polite" });
  const foot = pager(view, () => reload());
  const refilter = (changes) => {
    view.setQuery({ ...changes, after: null });
    history.replaceState({}, "");
    reload();
  };
  const table = dataTable({
    caption: "Audit entries, newest first", key: (e) => e.id, address: (e) => to(`/audit/${encodeURIComponent(e.id)}`),
    columns: [
      { label: "Action", main: true, cell: (e) => link(`/audit/${encodeURIComponent(e.id)}`, said(actionWords(e.action, e.outcome))) },
      { label: "Outcome", fit: true, cell: (e) => outcome(e.outcome) },
      { label: "By", cell: (e) => said(actorWords(e.actor), { clip: true }) },
      { label: "Project", cell: (e) => (e.project_id ? projectLabel(e.project_id) : null) },
      { label: "Reason", wide: true, cell: (e) => (e.reason ? said(e.reason, { clip: true }) : null) },
      { label: "From", wide: true, cell: (e) => (e.client_ip ? h("code", null, said(e.client_ip)) : null) },
      { label: "When", fit: true, num: true, cell: (e) => when(e.timestamp) },
    ],
  });
  const project = combo("Project", { find: findProjects, value: await projectItem(view.get("project_id")), placeholder: "All projects", onpick: (item) => refilter({ project_id: item?.id }) });
  view.show(
    view.head("Audit", { note: "Every change and every refused sign-in, with who, when and from where. Entries cannot be changed.", actions: [h("button", { type: "button", class: "button", onclick: verify }, icon("audit"), "Verify chain")] }),
    seal,
    h("div", { class: "filters", role: "search" },
      searchBox("Search everything", view.get("search"), (text) => refilter({ search: text })),
      field("Action", select([["", "All changes"], ["all", "All, also reading"], ...ACTIONS.map((a) => [a, actionWords(a)])], view.get("action"), { onchange: (e) => refilter({ action: e.target.value }) })),
      field("Outcome", select(OUTCOMES, view.get("outcome"), { onchange: (e) => refilter({ outcome: e.target.value }) })),
      field("Project", project)),
    place, foot);

  const reload = await view.region(place, async () => {
    const [{ rows, next }] = await Promise.all([find(), knowProjects()]);
    foot.show(rows.length, next, "event");
    if (!rows.length) {
      return h("div", { class: "card" }, next
        ? empty({ symbol: "audit", title: "Only reading on these pages", text: "Go on with Next, or choose “All, also reading” to see who looked at what." })
        : empty({ symbol: "audit", title: "No entry matches", text: "Widen the filters. Looking at things is left out unless you choose “All, also reading”." }));
    }
    table.rows(rows);
    return table;
  });
  await view.region(seal, check, { rows: 1 });

  /** One page of what is wanted; looking is left out here when the server cannot. */
  async function find() {
    const filter = Object.fromEntries(FILTERS.map((f) => [f, view.get(f)]));
    const changesOnly = !filter.action;
    if (filter.action === "all") filter.action = "";
    const rows = [];
    let after = view.get("after");
    for (let turn = 0; turn < PAGES_AT_ONCE; turn += 1) {
      const { data, next } = await api.list("audit", { ...filter, changes_only: changesOnly ? "true" : null, limit: PAGE, after }, view.signal);
      const list = Array.isArray(data) ? data : data.events;
      rows.push(...(changesOnly ? list.filter((e) => !isReading(e.action) || e.outcome !== "success") : list));
      after = next;
      if (!after || rows.length >= PAGE / 2 || !changesOnly) break;
    }
    return { rows, next: after };
  }

  async function check() {
    try {
      const { data } = await api.get("/manage/audit/verify", {}, view.signal);
      if (!data.ok) return notice("bad", h("p", { class: "strong" }, "The chain is broken"), h("p", null, said(data.problem ?? "An entry does not fit the one before it.")), h("p", null, "Somebody changed the database past this program, or it was restored from two backups. Compare with the audit file, which has every entry too."));
      return h("p", { class: "small muted row" }, icon("audit", { size: 14 }), h("span", null, `Chain verified: ${count(data.verified, "entry")}, none altered or removed.`, data.unchained ? ` ${count(data.unchained, "older entry")} from before the chain began.` : "", " ", data.head_hash && h("code", { title: data.head_hash }, `head ${data.head_hash.slice(0, 12)}…`)));
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }
  async function verify() {
    fill(seal, h("p", { class: "small muted" }, "Verifying…"));
    fill(seal, await check());
    view.say(seal.textContent);
  }
}
