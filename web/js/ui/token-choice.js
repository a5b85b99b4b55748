// The choice of an access token: one made in this tab, one pasted, or a new one that lasts an hour.
import { h, fill, visible } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link } from "../core/router.js";
import { session } from "../core/session.js";
import { field, input, select } from "./field.js";
import { combo, findProjects } from "./combo.js";
import { keepSecret, keptSecrets } from "./secrets.js";
import { notice, stateOf } from "./status.js";
import { failed, toast } from "./toast.js";

const STATE_WORDS = { revoked: "revoked", expired: "expired", used_up: "used up", idle: "idle for too long" };

/** `secret()` is what was chosen; `wanted` is the id of the token to begin with. */
export function tokenChoice(wanted) {
  const element = h("div", { class: "stack tight" });
  const paste = input({ type: "password", placeholder: "sk-…", spellcheck: false, autocomplete: "off" });
  const states = new Map();
  const state = h("div", { role: "status" });
  let choice = null;
  let pasteField = null;

  function draw(chosen) {
    const kept = keptSecrets();
    const first = kept.some((k) => k.id === chosen) ? chosen : kept[0]?.id ?? "";
    choice = kept.length ? select([...kept.map((k) => [k.id, visible(k.label.slice(0, 60))]), ["", "Paste another…"]], first, { onchange: chose }) : null;
    pasteField = field("Access token", paste, { hint: "It stays in this page and is sent to the proxy only." });
    const maker = h("div", null, session.canWrite && h("button", { type: "button", class: "button small", onclick: () => making(maker) }, icon("plus", { size: 14 }), "Make one for this playground"));
    fill(element, choice && field("Token of this session", choice), state, pasteField, maker);
    kept.forEach(({ id }) => ask(id));
    chose();
  }

  /** A token that has ended says so in the list, and why below it when it is the chosen one. */
  async function ask(id) {
    try {
      states.set(id, stateOf((await api.one("tokens", id)).data));
    } catch {
      return; // Unknown: the proxy will say when it is used.
    }
    const option = [...(choice?.options ?? [])].find((o) => o.value === id);
    const words = STATE_WORDS[states.get(id)];
    if (option && words && !option.text.endsWith(words)) option.text += ` – ${words}`;
    chose();
  }

  function chose() {
    pasteField.hidden = Boolean(choice) && choice.value !== "";
    const words = STATE_WORDS[states.get(choice?.value)];
    fill(state, words && notice("warn", h("p", null, `This token is ${words}: the proxy refuses it. Choose another one. `, link(`/tokens/${encodeURIComponent(choice.value)}`, "See the token"))));
  }

  function making(place) {
    const project = combo("Project", { find: findProjects, placeholder: "Choose a project", required: true, onpick: (item) => item && make(item) });
    fill(place, field("Project", project, { hint: "It pays. The token ends after one hour and 50 requests." }));
    project.focus();
  }

  async function make(project) {
    try {
      const { data } = await api.create("tokens", { project_id: project.id, expires_in: "1h", max_requests: 50, label: "Playground" });
      keepSecret({ id: data.id, label: `Playground (${project.label.slice(0, 40)})`, secret: data.token });
      draw(data.id);
      toast("A token for one hour is made and chosen.");
    } catch (error) {
      failed(error, "The token could not be made");
    }
  }

  draw(wanted);
  return {
    element,
    secret: () => (choice?.value ? keptSecrets().find((k) => k.id === choice.value)?.secret ?? "" : paste.value.trim()),
    focus: () => (pasteField.hidden ? choice : paste).focus(),
  };
}
