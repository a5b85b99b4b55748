// The command palette: every page and action, and whatever has this name.
import { h, fill, said, debounce, uid } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { session } from "../core/session.js";
import { go, to } from "../core/router.js";
import { chooseTheme } from "../core/prefs.js";
import { live } from "../core/live.js";
import { PLACES } from "../core/keys.js";
import { help } from "./help.js";

const ICONS = { "/": "overview" };

function commands(signOut) {
  const places = PLACES.map(([key, path, label]) => ({ label, symbol: ICONS[path] ?? path.slice(1), where: `g ${key}`, run: () => go(to(path)) }));
  const writes = session.canWrite ? [
    { label: "New project", symbol: "plus", where: "create", run: () => go(to("/projects/new")) },
    { label: "New token", symbol: "plus", where: "create", run: () => go(to("/tokens/new")) },
  ] : [];
  return [...places, ...writes,
    { label: "Refused requests", symbol: "ban", where: "requests", run: () => go(to("/requests", { status: "4xx" })) },
    { label: live.paused ? "Resume live updates" : "Pause live updates", symbol: live.paused ? "play" : "pause", where: "l", run: () => live.pause() },
    { label: "Theme: light", symbol: "sun", where: "theme", run: () => chooseTheme("light") },
    { label: "Theme: dark", symbol: "moon", where: "theme", run: () => chooseTheme("dark") },
    { label: "Theme: as the system", symbol: "auto", where: "theme", run: () => chooseTheme(null) },
    { label: "Keyboard shortcuts", symbol: "help", where: "?", run: help },
    { label: "Sign out", symbol: "out", where: "session", run: signOut }];
}

async function find(text) {
  const ask = (promise) => promise.then(({ data }) => data, () => []);
  const [projects, tokens] = await Promise.all([ask(api.list("projects", { search: text, limit: 5 })), ask(api.list("tokens", { search: text, limit: 5 }))]);
  const lower = text.toLowerCase();
  return [
    ...projects.filter((p) => p.name.toLowerCase().includes(lower) || p.id === lower).slice(0, 5).map((p) => ({ label: p.name, symbol: "projects", where: "project", run: () => go(to(`/projects/${encodeURIComponent(p.id)}`)) })),
    ...tokens.filter((t) => `${t.label ?? ""} ${t.id} ${t.token}`.toLowerCase().includes(lower)).slice(0, 5).map((t) => ({ label: t.label || t.token, symbol: "tokens", where: "token", run: () => go(to(`/tokens/${encodeURIComponent(t.id)}`)) })),
    { label: `Search the audit for “${text}”`, symbol: "audit", where: "audit", run: () => go(to("/audit", { search: text })) },
    { label: `Search requests for “${text}”`, symbol: "requests", where: "requests", run: () => go(to("/requests", { search: text })) },
  ];
}

/** Letters of `text` in this order somewhere in `label`; earlier and closer is better. */
function score(label, text) {
  let at = -1;
  let sum = 0;
  for (const letter of text.toLowerCase()) {
    const next = label.toLowerCase().indexOf(letter, at + 1);
    if (next < 0) return null;
    sum += next - at;
    at = next;
  }
  return sum;
}

/** Opens the palette. */
export function palette(signOut) {
  if (document.querySelector("dialog.palette") || !session.current) return;
  const before = document.activeElement;
  const all = commands(signOut);
  const listID = uid("commands");
  let shown = all;
  let at = 0;
  let turn = 0;
  const box = h("input", { type: "text", role: "combobox", "aria-label": "Find and do anything", "aria-expanded": "true", "aria-controls": listID, "aria-autocomplete": "list", placeholder: "Go to a page, a project, a token, or do something…", autocomplete: "off", spellcheck: false, oninput: () => { match(); more(); }, onkeydown: keys });
  const list = h("ul", { role: "listbox", id: listID, "aria-label": "Commands" });
  const dialog = h("dialog", { class: "palette", "aria-label": "Command palette", onclose: () => dialog.remove() },
    h("div", { class: "ask" }, icon("search"), box), list,
    h("div", { class: "foot-note" }, h("span", null, h("kbd", null, "↑"), " ", h("kbd", null, "↓"), " choose"), h("span", null, h("kbd", null, "Enter"), " do it"), h("span", null, h("kbd", null, "Esc"), " close")));
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());

  const more = debounce(async () => {
    const text = box.value.trim();
    const mine = ++turn;
    if (text.length < 2) return;
    const found = await find(text);
    if (mine !== turn || box.value.trim() !== text) return;
    shown = [...shown.filter((c) => all.includes(c)), ...found];
    draw();
  }, 160);
  function match() {
    const text = box.value.trim();
    shown = all.map((c) => [c, score(c.label, text)]).filter(([, s]) => s !== null).sort((a, b) => (text ? a[1] - b[1] : 0)).map(([c]) => c);
    at = 0;
    draw();
  }
  function draw() {
    fill(list, shown.length
      ? shown.map((c, i) => h("li", { role: "option", id: `${listID}-${i}`, "aria-selected": String(i === at), onclick: () => run(c), onpointermove: () => i !== at && ((at = i), draw()) },
        icon(c.symbol), said(c.label, { clip: true }), h("span", { class: "where" }, c.where)))
      : h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing of this name yet…"));
    box.setAttribute("aria-activedescendant", `${listID}-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function keys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) at = (at + step + shown.length) % Math.max(shown.length, 1);
    else if (event.key === "Enter" && shown[at]) return void run(shown[at]);
    else return;
    event.preventDefault();
    draw();
  }
  function run(command) {
    dialog.close();
    if (before?.isConnected) before.focus();
    command.run();
  }
  document.body.append(dialog);
  match();
  dialog.showModal();
  box.focus();
}
