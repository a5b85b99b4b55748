// Creating an access token, whose secret is then shown once, and changing one.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api, randomID } from "../core/api.js";
import { go, link, to } from "../core/router.js";
import { inputTime, readSpan, spanText } from "../core/format.js";
import { field, input, segments, unitInput } from "../ui/field.js";
import { changes, fold, form } from "../ui/form.js";
import { policyEditor } from "../ui/policy.js";
import { budgetEditor } from "../ui/budget.js";
import { pairsEditor } from "../ui/pairs.js";
import { combo, findProjects, projectItem } from "../ui/combo.js";
import { toast } from "../ui/toast.js";
import { copyButton } from "../ui/copy.js";
import { snippets } from "../ui/snippets.js";
import { card, facts, notice } from "../ui/status.js";
import { until } from "../ui/time.js";
import { keepSecret } from "../ui/secrets.js";
import { stripped } from "./project-form.js";

const LIVES = [["1h", "1 hour"], ["24h", "1 day"], ["7d", "1 week"], ["30d", "30 days"], ["90d", "90 days"], ["at", "Until…"], ["never", "Never"]];

export default async function tokenForm(view) {
  const isNew = !view.params.id;
  const { data: old, etag } = isNew ? { data: {} } : await api.one("tokens", view.params.id, view.signal);
  const home = isNew ? to("/tokens") : to(`/tokens/${encodeURIComponent(old.id)}`);
  const parts = await controls(view, isNew, old);
  const repeatKey = randomID();

  async function send() {
    const wanted = parts.value();
    if (isNew) {
      const { data } = await api.create("tokens", { project_id: parts.project.chosen()?.id ?? "", ...parts.life.body(), ...changes({}, wanted) }, repeatKey);
      keepSecret({ id: data.id, label: data.label ?? data.id.slice(0, 8), secret: data.token });
      created(view, data);
      return null;
    }
    const body = { ...changes(old, wanted), ...parts.life.change() };
    if (body.max_requests === null) body.max_requests = 0;
    if (body.label === null) body.label = "";
    if (!Object.keys(body).length) return home;
    await api.change("tokens", old.id, body, etag);
    const before = Object.fromEntries(Object.keys(body).map((n) => [n, stripped(old[n])]));
    if ("expires_at" in before) before.expires_at ??= "never";
    if ("max_requests" in before) before.max_requests ??= 0;
    if ("label" in before) before.label ??= "";
    toast("The token is changed.", { undo: async () => { await api.change("tokens", old.id, before); go(home, { replace: true }); } });
    return home;
  }

  const name = old.label || old.token;
  view.show(
    view.head(isNew ? "New token" : h("span", null, "Edit ", said(name)), {
      name: isNew ? "New token" : `Edit ${name}`, crumbs: isNew ? [["Tokens", "/tokens"]] : [["Tokens", "/tokens"], [said(name, { clip: true }), `/tokens/${encodeURIComponent(old.id)}`]],
    }),
    form(view, parts.fields, { send, label: isNew ? "Create token" : "Save changes", back: home }));
}

async function controls(view, isNew, old) {
  let given = isNew ? await projectItem(view.get("project_id")) : null;
  if (isNew && !given) {
    const found = (await findProjects("")).filter((p) => !p.note);
    if (found.length === 1) given = found[0];
  }
  const project = isNew && combo("Project", { find: findProjects, value: given, placeholder: "Choose a project", required: true });
  const label = input({ ".value": old.label ?? "", maxlength: 255, placeholder: "backend of the shop" });
  const life = lifetime(isNew, old);
  const limit = unitInput("requests", { type: "number", min: 0, step: 1, placeholder: "No limit", ".value": old.max_requests ?? "" });
  const oneShot = h("input", { type: "checkbox", onchange: () => (limit.disabled = oneShot.checked) });
  const idle = input({ placeholder: "Never; e.g. 30m, 12h, 7d", ".value": spanText(old.idle_timeout), spellcheck: false });
  const renew = input({ placeholder: "Not renewed; e.g. 1h", ".value": spanText(old.renew_on_use), spellcheck: false });
  const renewUntil = input({ type: "datetime-local", ".value": old.renew_until ? inputTime(new Date(old.renew_until)) : "" });
  const policy = policyEditor(old.policy);
  const budget = budgetEditor(old.budget);
  const pairs = pairsEditor("Metadata", old.metadata ?? {});
  const seconds = (box) => {
    const text = box.value.trim();
    if (!text) return null;
    return readSpan(text) ?? text;
  };
  const isWithering = Boolean(old.idle_timeout || old.renew_on_use);
  return {
    project, life,
    value: () => ({
      label: label.value.trim() || null, max_requests: oneShot.checked ? 1 : limit.value === "" || Number(limit.value) === 0 ? null : Number(limit.value),
      idle_timeout: seconds(idle), renew_on_use: seconds(renew), renew_until: sameMinute(renewUntil.value, old.renew_until),
      policy: policy.value(), budget: budget.value(), metadata: Object.keys(pairs.value()).length ? pairs.value() : null,
    }),
    fields: [
      h("div", { class: "card" }, h("div", { class: "body stack" },
        project && field("Project", project, { name: "project_id", hint: "Who pays, and whose policy holds." }),
        field("Label", label, { name: "label", hint: "Who or what will use it. Helps when it must be revoked in a hurry." }),
        life.element,
        h("div", { class: "form-grid" }, field("Requests in total", limit, { name: "max_requests" }), isNew && h("div", { class: "field" }, h("span", { class: "label" }, "Single use"), h("div", null, h("label", { class: "check" }, oneShot, h("span", null, "Works for one request only"))))))),
      fold("Idle time and renewal", h("div", { class: "form-grid" },
        field("Ends when unused for", idle, { name: "idle_timeout" }), field("Renewed by each use for", renew, { name: "renew_on_use" }), field("Renewed until", renewUntil, { name: "renew_until" })),
      { open: isWithering, note: isWithering ? null : "ends when unused, or lives on while it is used; default: neither" }),
      fold("Policy", policy, { open: Boolean(old.policy), note: old.policy ? null : "narrower than its project; default: the same" }),
      fold("Budget", budget, { open: Boolean(old.budget), note: old.budget ? null : "default: that of its project" }),
      fold("Metadata", pairs, { open: Boolean(old.metadata), note: old.metadata ? null : "names and values for your own use" }),
    ],
  };
}

/** The text of a date-time box as a moment; what was there before when it was not touched. */
function sameMinute(text, before) {
  if (!text) return null;
  return before && inputTime(new Date(before)) === text ? before : new Date(text).toISOString();
}

/** The choice of how long it lives. */
function lifetime(isNew, old) {
  let picked = isNew ? "30d" : "keep";
  const moment = input({ type: "datetime-local", ".value": inputTime(new Date(old.expires_at ?? Date.now() + 7 * 86_400_000)), "aria-label": "Ends at" });
  moment.hidden = true;
  const options = isNew ? LIVES : [["keep", "As it is"], ...LIVES];
  const choice = segments("Expires after", options, picked, (value) => {
    picked = value;
    moment.hidden = value !== "at";
    if (value === "at") moment.focus();
  });
  const ends = () => {
    if (picked === "never") return "never";
    if (picked === "at") return new Date(moment.value).toISOString();
    return new Date(Date.now() + readSpan(picked) * 1000).toISOString();
  };
  const element = h("div", { class: "field", dataset: { field: "expires_at" } }, h("span", { class: "label" }, isNew ? "Expires after" : h("span", null, "Expires after (now: ", until(old.expires_at), ")")), choice, moment);
  return {
    element,
    body: () => (picked === "never" ? { never: true } : picked === "at" ? { expires_at: ends() } : { expires_in: picked }),
    change: () => (picked === "keep" ? {} : { expires_at: ends() }),
  };
}

/** The page after creation: the secret, once. */
function created(view, token) {
  view.setQuery({ project_id: null });
  view.show(
    view.head("Your new token", { crumbs: [["Tokens", "/tokens"]] }),
    notice("warn", h("p", { class: "strong" }, "Copy it now: it is shown this once."), h("p", null, "Only its hash is kept. If it gets lost, revoke it and create another.")),
    card("Secret", h("div", { class: "stack" },
      h("div", { class: "secret" }, h("output", { "aria-label": "Access token", tabindex: 0 }, token.token), copyButton(token.token, { label: "Copy token", said: "Token copied", className: "button primary" })),
      facts(["Label", token.label && said(token.label)], ["Ends", until(token.expires_at)]))),
    card("First call", snippets({ secret: token.token })),
    h("div", { class: "row wrap" },
      link("/playground", [icon("playground"), "Try it in the playground"], { class: "button primary", query: { token: token.id } }),
      link(`/tokens/${encodeURIComponent(token.id)}`, "See the token", { class: "button" }),
      link("/requests", "Watch its requests", { class: "button", query: { token_id: token.id } })));
  view.heading.focus();
  view.say("The token is created. Copy it now: it is shown this once.");
}
