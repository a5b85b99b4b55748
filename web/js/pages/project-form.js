// Creating and changing a project.
import { h, said } from "../core/dom.js";
import { api, randomID } from "../core/api.js";
import { go, to } from "../core/router.js";
import { field, input } from "../ui/field.js";
import { changes, fold, form } from "../ui/form.js";
import { policyEditor } from "../ui/policy.js";
import { budgetEditor } from "../ui/budget.js";
import { pairsEditor } from "../ui/pairs.js";
import { toast } from "../ui/toast.js";

export default async function projectForm(view) {
  const isNew = !view.params.id;
  const { data: old, etag } = isNew ? { data: {} } : await api.one("projects", view.params.id, view.signal);
  const home = isNew ? to("/projects") : to(`/projects/${encodeURIComponent(old.id)}`);
  const name = input({ ".value": old.name ?? "", required: true, maxlength: 255, "data-autofocus": isNew, spellcheck: false });
  const key = input({ type: "password", required: isNew, autocomplete: "new-password", spellcheck: false, placeholder: isNew ? "" : "Unchanged" });
  const policy = policyEditor(old.policy);
  const budget = budgetEditor(old.budget);
  const metadata = pairsEditor("Metadata", old.metadata ?? {});
  const repeatKey = randomID();

  async function send() {
    const wanted = { name: name.value.trim(), policy: policy.value(), budget: budget.value(), metadata: Object.keys(metadata.value()).length ? metadata.value() : null };
    if (isNew) {
      const body = { ...changes({}, wanted), api_key: key.value.trim() };
      const { data } = await api.create("projects", body, repeatKey);
      toast(["“", said(data.name), "” is there. Next: a token for the application that will use it."]);
      return to(`/projects/${encodeURIComponent(data.id)}`);
    }
    const body = changes(old, wanted);
    if (key.value.trim()) body.api_key = key.value.trim();
    if (!Object.keys(body).length) return home;
    await api.change("projects", old.id, body, etag);
    const before = Object.fromEntries(Object.keys(body).filter((n) => n !== "api_key").map((n) => [n, stripped(old[n])]));
    toast("The project is changed.", {
      undo: Object.keys(before).length ? async () => {
        await api.change("projects", old.id, before);
        go(home, { replace: true });
      } : null,
    });
    return home;
  }

  view.show(
    view.head(isNew ? "New project" : h("span", null, "Edit ", said(old.name)), {
      name: isNew ? "New project" : `Edit ${old.name}`, crumbs: isNew ? [["Projects", "/projects"]] : [["Projects", "/projects"], [said(old.name, { clip: true }), `/projects/${encodeURIComponent(old.id)}`]],
    }),
    form(view, [
      h("div", { class: "card" }, h("div", { class: "body stack" },
        field("Name", name, { name: "name", hint: "As people here know it, for example the team or the application." }),
        field("Provider key", key, { name: "api_key", hint: isNew ? "The key the provider gave you. Applications never see it. With the mock provider any word will do." : `Now ${old.api_key || "none"}. Leave empty to keep it; a new one is used from the next request on.` }))),
      fold("Policy", policy, { open: Boolean(old.policy), note: old.policy ? null : "what its tokens may do; default: all the API allows" }),
      fold("Budget", budget, { open: Boolean(old.budget), note: old.budget ? null : "what its tokens may spend; default: no limit" }),
      fold("Metadata", metadata, { open: Boolean(old.metadata), note: old.metadata ? null : "names and values for your own use" }),
    ], { send, label: isNew ? "Create project" : "Save changes", back: home }));
}

/** A value as it goes back: without what the server counts. */
export function stripped(value) {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object") return value;
  const { spent, remaining, ...rest } = value;
  return rest;
}
