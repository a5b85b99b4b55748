// A field that finds one of many by name: projects, tokens.
import { h, fill, uid, said, debounce } from "../core/dom.js";
import { api } from "../core/api.js";

/**
 * A combo box. `find(text)` answers `[{id, label, note}]`; `onpick(item|null)` hears the choice.
 * `value` is the item chosen at first.
 */
export function combo(label, { find, onpick = () => {}, value = null, placeholder = "Any", required = false }) {
  const listID = uid("options");
  let chosen = value;
  let items = [];
  let at = -1;
  const box = h("input", {
    class: "input", id: uid("combo"), role: "combobox", "aria-expanded": "false", "aria-controls": listID, "aria-autocomplete": "list", autocomplete: "off", spellcheck: false,
    placeholder, ".value": value?.label ?? "", required, onfocus: () => look(), oninput: debounce(() => look(), 180), onkeydown: keys, onblur: () => setTimeout(leave, 120),
  });
  const list = h("ul", { role: "listbox", id: listID, "aria-label": "Matches", hidden: true });
  const element = h("div", { class: "combo" }, box, list);
  box.wrapped = element;
  box.chosen = () => chosen;
  box.choose = (item) => pick(item, true);

  async function look() {
    const text = chosen && box.value === chosen.label ? "" : box.value.trim();
    let found;
    try {
      found = await find(text);
    } catch {
      found = [];
    }
    if (document.activeElement !== box) return;
    items = required || text ? found : [{ id: "", label: placeholder }, ...found];
    at = items.length ? 0 : -1;
    draw();
  }
  function draw() {
    fill(list, items.length
      ? items.map((item, i) => h("li", { role: "option", id: `${listID}-${i}`, "aria-selected": String(i === at), onpointerdown: (e) => { e.preventDefault(); pick(item); } },
        said(item.label, { clip: true }), item.note && h("span", { class: "muted small" }, " ", item.note)))
      : h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "muted" }, "Nothing of this name"));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    if (at >= 0) box.setAttribute("aria-activedescendant", `${listID}-${at}`);
    else box.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function hide() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
  function pick(item, quiet = false) {
    chosen = item?.id ? item : null;
    box.value = chosen?.label ?? "";
    hide();
    if (!quiet) onpick(chosen);
  }
  function leave() {
    hide();
    if (box.value.trim() === "" && chosen) pick(null);
    else box.value = chosen?.label ?? "";
  }
  function keys(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return void look();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % Math.max(items.length, 1);
      draw();
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      pick(items[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      hide();
    }
  }
  return box;
}

const names = new Map();

/** Finds projects by name. */
export async function findProjects(text) {
  const { data } = await api.list("projects", { search: text, limit: 12 });
  const lower = text.toLowerCase();
  return data.filter((p) => !text || p.name.toLowerCase().includes(lower) || p.id.startsWith(lower)).slice(0, 12).map((p) => {
    names.set(p.id, p.name);
    return { id: p.id, label: p.name, note: p.is_active ? null : "inactive" };
  });
}

/** A project as a combo item by its id; its id is its name when it cannot be read. */
export async function projectItem(id) {
  return id ? { id, label: await projectName(id) } : null;
}

const asked = new Map();
/** The name of a project, asked for once. */
export function projectName(id) {
  if (names.has(id)) return Promise.resolve(names.get(id));
  if (!asked.has(id)) {
    asked.set(id, api.one("projects", id).then(({ data }) => (names.set(id, data.name), data.name), () => id).finally(() => asked.delete(id)));
  }
  return asked.get(id);
}

/** A place that shows the name of a project as soon as it is known. */
export function projectLabel(id) {
  const place = said(names.get(id) ?? id.slice(0, 8), { clip: true });
  if (!names.has(id)) projectName(id).then((name) => place.replaceWith(said(name, { clip: true })));
  return place;
}

let known = null;
/** Asks for the names of the first projects once, so that lists need not ask for each; never fails. */
export function knowProjects() {
  known ??= api.list("projects", { limit: 200 }).then(({ data }) => learn(data), () => (known = null));
  return known;
}

/** Remembers names that came with a list. */
export const learn = (projects) => projects.forEach((p) => names.set(p.id, p.name));
