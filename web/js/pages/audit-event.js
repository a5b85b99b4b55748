// One entry of the audit in full.
import { h, said } from "../core/dom.js";
import { api } from "../core/api.js";
import { link } from "../core/router.js";
import { identifier } from "../ui/copy.js";
import { card, facts, outcome } from "../ui/status.js";
import { actionWords, actorWords } from "../ui/actions.js";
import { projectLabel } from "../ui/combo.js";
import { when } from "../ui/time.js";

export default async function auditEvent(view) {
  const { data } = await api.one("audit", view.params.id, view.signal);
  const more = (name, value, label) => value && [name, h("span", { class: "row wrap" }, h("code", null, said(value)), link("/audit", label, { query: { search: value, action: "all" } }))];
  view.show(
    view.head(actionWords(data.action, data.outcome), { crumbs: [["Audit", "/audit"]] }),
    h("div", { class: "grid" },
      card("What happened", facts(["Action", h("code", null, said(data.action))], ["Outcome", outcome(data.outcome)], data.reason && ["Reason", said(data.reason)], ["When", when(data.timestamp, "full")], ["By", h("span", null, said(actorWords(data.actor)), " ", h("code", { class: "small muted" }, said(data.actor)))],
        data.project_id && ["Project", link(`/projects/${encodeURIComponent(data.project_id)}`, projectLabel(data.project_id))], data.token_id && ["Token", tokenLink(data.token_id)]), { className: "span-6" }),
      card("Where from", facts(["Address", data.client_ip && h("code", null, said(data.client_ip))], ["Request", data.method && h("code", null, said(`${data.method} ${data.path ?? ""}`))], ["Program", data.user_agent && said(data.user_agent)],
        more("Request id", data.request_id, "Its entries"), more("Correlation id", data.correlation_id, "Its entries"), ["Entry", identifier(data.id)],
        data.hash && ["Hash", identifier(data.hash)], data.previous_hash && ["Hash before", h("code", null, said(data.previous_hash))]), { className: "span-6" }),
      details(data.metadata)));
}

const tokenLink = (id) => (/^[0-9a-f-]{36}$/.test(id) ? link(`/tokens/${id}`, h("code", null, id)) : h("code", null, said(id)));

function details(text) {
  if (!text) return null;
  let object = text;
  try {
    if (typeof text === "string") object = JSON.parse(text);
  } catch {
    return card("Details", h("pre", null, said(text)));
  }
  return card("Details", facts(...Object.entries(object).map(([name, value]) => [said(name.replaceAll("_", " ")), typeof value === "object" ? h("code", null, said(JSON.stringify(value))) : said(value)])));
}
