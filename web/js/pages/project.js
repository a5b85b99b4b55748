// One project: what it may do, what it used, its tokens; switching it off, revoking, deleting.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { go, link, to } from "../core/router.js";
import { session } from "../core/session.js";
import { count, number } from "../core/format.js";
import { confirm } from "../ui/dialog.js";
import { failed, toast } from "../ui/toast.js";
import { identifier } from "../ui/copy.js";
import { card, empty, facts, notice, projectState, tokenState } from "../ui/status.js";
import { policySummary } from "../ui/policy.js";
import { budgetSummary } from "../ui/budget.js";
import { ending, when } from "../ui/time.js";
import { learn } from "../ui/combo.js";
import { usageCard } from "../ui/usage-card.js";

export default async function project(view) {
  const { data, etag } = await api.one("projects", view.params.id, view.signal);
  learn([data]);
  const tokens = h("div");
  const usage = h("div", { class: "span-8" });
  const path = `/projects/${encodeURIComponent(data.id)}`;
  view.show(
    view.head(h("span", null, said(data.name)), {
      name: data.name, crumbs: [["Projects", "/projects"]],
      actions: session.canWrite ? [
        link("/tokens/new", [icon("plus"), "New token"], { class: "button primary", query: { project_id: data.id }, "data-key": "n" }),
        link(`${path}/edit`, [icon("edit"), "Edit"], { class: "button", "data-key": "e" }),
        data.is_active
          ? h("button", { type: "button", class: "button", onclick: () => switchOff(view, data, etag) }, "Deactivate")
          : h("button", { type: "button", class: "button", onclick: () => switchOn(view, data) }, "Activate"),
      ] : [],
    }),
    !data.is_active && notice("warn", h("p", null, "This project is inactive: every request with one of its tokens is refused with ", h("code", null, "project_inactive"), ".")),
    h("div", { class: "grid" },
      card("About", facts(["State", projectState(data)], ["Id", identifier(data.id)], ["Provider key", data.api_key ? h("code", null, said(data.api_key)) : "none"],
        ["Created", when(data.created_at)], ["Changed", when(data.updated_at)], ["Metadata", metadata(data.metadata)]), { className: "span-4" }),
      usage,
      card("Policy", policySummary(data.policy) ?? h("p", { class: "muted" }, "No policy: whatever the API's own configuration allows. A token can be narrower still."), { className: "span-6" }),
      card("Budget", budgetSummary(data.budget) ?? h("p", { class: "muted" }, "No budget: spending is counted and not limited."), { className: "span-6" }),
      card("Tokens", tokens, { flush: true, actions: link("/tokens", "All tokens of this project", { query: { project_id: data.id } }) }),
      session.canWrite && card("Revoke or delete", h("div", { class: "row wrap" },
        h("button", { type: "button", class: "button danger", onclick: () => revokeAll(view, data) }, icon("ban"), "Revoke all tokens"),
        h("button", { type: "button", class: "button danger", onclick: () => remove(data) }, icon("trash"), "Delete project")))));
  usageCard(view, usage, { project_id: data.id });
  await view.region(tokens, async () => tokenTable((await api.list("tokens", { project_id: data.id, limit: 8, sort: "created_at", order: "desc" }, view.signal)).data, data), { rows: 4 });
}

/** Names and values somebody attached. */
export function metadata(pairs) {
  const list = Object.entries(pairs ?? {});
  return list.length ? h("div", { class: "stack tight" }, list.map(([k, v]) => h("div", null, h("code", null, said(k)), " ", said(typeof v === "string" ? v : JSON.stringify(v))))) : null;
}

function tokenTable(rows, project) {
  if (!rows.length) {
    return empty({ symbol: "tokens", title: "No tokens yet", text: "An application needs an access token to call through this project.",
      action: session.canWrite && project.is_active && link("/tokens/new", [icon("plus"), "New token"], { class: "button primary", query: { project_id: project.id } }) });
  }
  return h("table", { role: "table", class: "fold-rows" }, h("caption", null, "Newest tokens"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Token", "State", "Ends", "Requests", "Last used"].map((t, i) => h("th", { role: "columnheader", scope: "col", class: i === 3 ? "n" : null }, t)))),
    h("tbody", { role: "rowgroup" }, rows.map((t) => h("tr", { role: "row" },
      h("td", { role: "cell", class: "main" }, link(`/tokens/${encodeURIComponent(t.id)}`, said(t.label || t.token, { clip: true }))),
      h("td", { role: "cell", "data-label": "State" }, tokenState(t)), h("td", { role: "cell", "data-label": "Ends" }, ending(t)),
      h("td", { role: "cell", class: "n", "data-label": "Requests" }, h("span", null, `${number(t.request_count)}${t.max_requests ? ` / ${number(t.max_requests)}` : ""}`)),
      h("td", { role: "cell", "data-label": "Last used" }, when(t.last_used_at))))));
}

async function switchOn(view, data) {
  try {
    await api.change("projects", data.id, { is_active: true });
    toast(["“", said(data.name), "” is active."], { undo: async () => { await api.change("projects", data.id, { is_active: false }); go(location.pathname, { replace: true }); } });
    go(location.pathname, { replace: true });
  } catch (error) {
    failed(error, "The project could not be activated");
  }
}

async function switchOff(view, data, etag) {
  const done = await confirm({
    title: h("span", null, "Deactivate “", said(data.name), "”?"), label: "Deactivate",
    consequences: ["From the next request on, all its tokens are refused with project_inactive.", "Nothing is deleted: activating it brings everything back.", "Applications in the middle of an answer get the rest of it."],
    action: () => api.change("projects", data.id, { is_active: false }, etag),
  });
  if (!done) return;
  toast(["“", said(data.name), "” is inactive."], { undo: async () => { await api.change("projects", data.id, { is_active: true }); go(location.pathname, { replace: true }); } });
  go(location.pathname, { replace: true });
}

async function revokeAll(view, data) {
  let counts = null;
  const done = await confirm({
    title: h("span", null, "Revoke all tokens of “", said(data.name), "”?"), label: "Revoke all tokens",
    consequences: ["Every application that uses this project stops working with its next request, with 401 token_inactive.", "The project itself stays; new tokens can be created.", "Tokens can be set active again only one by one."],
    action: async () => (counts = (await api.post(`/manage/projects/${encodeURIComponent(data.id)}/tokens/revoke`)).data),
  });
  if (!done) return;
  toast(`${count(counts.revoked_count, "token")} revoked; ${number(counts.already_revoked_count)} had ended before.`);
  go(location.pathname, { replace: true });
}

async function remove(data) {
  const done = await confirm({
    title: h("span", null, "Delete “", said(data.name), "”?"), label: "Delete project", typed: data.name.length <= 60 ? data.name : null,
    consequences: ["Its tokens are revoked and its provider key is removed.", "Usage and audit stay, under its id.", "The name is free again. This cannot be undone."],
    action: () => api.remove("projects", data.id),
  });
  if (!done) return;
  toast(["“", said(data.name), "” is deleted."]);
  go(to("/projects"));
}
