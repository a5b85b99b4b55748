// One access token: whether it works and until when, what it may, what it used; revoking it.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { go, link } from "../core/router.js";
import { session } from "../core/session.js";
import { count, number, span } from "../core/format.js";
import { failed, toast } from "../ui/toast.js";
import { identifier } from "../ui/copy.js";
import { card, facts, meter, notice, stateOf, tokenState } from "../ui/status.js";
import { policySummary } from "../ui/policy.js";
import { budgetSummary } from "../ui/budget.js";
import { ending, when } from "../ui/time.js";
import { projectLabel } from "../ui/combo.js";
import { snippets } from "../ui/snippets.js";
import { usageCard } from "../ui/usage-card.js";
import { revokeTokens } from "../ui/revoke.js";
import { metadata } from "./project.js";

const WHY = {
  revoked: "It was revoked: requests with it are refused with token_inactive.",
  expired: "It has withered: requests with it are refused with token_expired. Edit it to give it more time.",
  used_up: "All its requests are used: more are refused with rate_limit_exceeded. Edit it to allow more.",
  idle: "It was not used for longer than its idle time: requests are refused with token_idle_expired.",
};

export default async function token(view) {
  const { data } = await api.one("tokens", view.params.id, view.signal);
  const state = stateOf(data);
  const name = data.label || data.token;
  const usage = h("div", { class: "span-8" });
  const again = () => go(location.pathname, { replace: true });
  view.show(
    view.head(h("span", null, said(name)), {
      name, crumbs: [["Tokens", "/tokens"]],
      actions: session.canWrite ? [
        link(`/tokens/${encodeURIComponent(data.id)}/edit`, [icon("edit"), "Edit"], { class: "button", "data-key": "e" }),
        data.is_active
          ? h("button", { type: "button", class: "button danger", onclick: async () => (await revokeTokens([data], { onUndone: again })) && again() }, icon("ban"), "Revoke")
          : h("button", { type: "button", class: "button", onclick: () => revive(data, again) }, icon("undo"), "Set active again"),
      ] : [],
    }),
    WHY[state] && notice("warn", h("p", null, WHY[state])),
    h("div", { class: "grid" },
      card("About", facts(
        ["State", tokenState(data)], ["Token", h("code", null, data.token)], ["Id", identifier(data.id)],
        ["Project", link(`/projects/${encodeURIComponent(data.project_id)}`, projectLabel(data.project_id))],
        data.parent_id && ["Made from", link(`/tokens/${encodeURIComponent(data.parent_id)}`, h("code", null, data.parent_id.slice(0, 8)))],
        data.children_count ? ["Descendants", link("/tokens", count(data.children_count, "token"), { query: { parent_id: data.id } })] : null,
        ["Created", when(data.created_at)], ["Last used", when(data.last_used_at)], data.deactivated_at && ["Revoked", when(data.deactivated_at)], ["Metadata", metadata(data.metadata)]), { className: "span-4" }),
      usage,
      card("Expiry and limits", facts(
        ["Ends", ending(data)],
        data.idle_timeout && ["Ends when unused", `for ${span(data.idle_timeout)}`],
        data.renew_on_use && ["Renewed by use", h("span", null, `for ${span(data.renew_on_use)}`, data.renew_until && [", until at most ", when(data.renew_until, "full")])],
        ["Requests let through", h("span", { class: "stack tight" }, data.max_requests ? [`${number(data.request_count)} of ${number(data.max_requests)} used`, meter(data.request_count, data.max_requests, `${data.request_count} of ${data.max_requests} used`)] : `${number(data.request_count)}, not limited`)]), { className: "span-4" }),
      card("Policy", policySummary(data.policy) ?? h("p", { class: "muted" }, "No policy of its own: that of its project holds."), { className: "span-4" }),
      card("Budget", budgetSummary(data.budget) ?? h("p", { class: "muted" }, "No budget of its own: that of its project holds."), { className: "span-4" }),
      card("First call", h("div", { class: "stack tight" }, h("p", { class: "muted small" }, "The secret was shown when the token was created and cannot be shown again. Set it as LLM_PROXY_TOKEN where you run this."), snippets()), { className: "span-8" }),
      card("See also", h("ul", { class: "stack tight" },
        h("li", null, link("/requests", "Its requests, live", { query: { token_id: data.id } })),
        h("li", null, link("/usage", "Its usage by model", { query: { token_id: data.id, group_by: "model" } })),
        h("li", null, link("/audit", "Who changed it", { query: { search: data.id } }))), { className: "span-4" })));
  usageCard(view, usage, { token_id: data.id });
}

async function revive(data, again) {
  try {
    await api.change("tokens", data.id, { is_active: true });
    toast("The token works again from the next request on.", { undo: async () => { await api.remove("tokens", data.id); again(); } });
    again();
  } catch (error) {
    failed(error, "The token could not be set active");
  }
}
