// Building elements. Everything that came from a server or a person goes through text nodes only.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", {class: "x", onclick}, "text", child, null)`. `on…` listens, `.name` sets a property. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  apply(element, props);
  append(element, children);
  return element;
}

/** The same in the SVG namespace. */
export function svg(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  apply(element, props);
  append(element, children);
  return element;
}

function apply(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else if (name === "style") Object.entries(value).forEach(([key, text]) => element.style.setProperty(key, text));
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Appends nodes, strings, numbers and nested lists of them; leaves out what is null or false. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Replaces what `element` holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/**
 * Text that somebody else wrote: isolated from the direction of its surroundings, direction overrides made visible.
 * With `clip` it stays on one line.
 */
export function said(text, { clip = false, mono = false } = {}) {
  const shown = visible(String(text ?? ""));
  const classes = [clip && "clip", mono && "mono"].filter(Boolean).join(" ");
  const short = clip && shown.length > 240 ? shown.slice(0, 240) + "…" : shown;
  return h("bdi", { class: classes || null, title: clip && shown.length > 28 ? shown.slice(0, 1000) : null }, short);
}

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Control characters and direction overrides as `⟨U+202E⟩`, so that nothing pretends to be something else. */
export function visible(text) {
  return text.replace(HIDDEN, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

let count = 0;
/** An id of its own for labels and descriptions. */
export const uid = (prefix = "x") => `${prefix}-${++count}`;

/** Says `text` to assistive technology. */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}

/** Comes when what was shown is on the screen; at once where nobody sees it. */
export const painted = () => new Promise((done) => (document.hidden ? done() : requestAnimationFrame(() => setTimeout(done))));

/** `fn` after `ms` without another call. */
export function debounce(fn, ms = 250) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), ms);
  };
}
