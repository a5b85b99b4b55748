// What a page is given: its place on the screen, its part of the address, and its life.
import { h, fill, append, announce, visible } from "./dom.js";
import { icon } from "./icons.js";
import { link } from "./router.js";
import { problem } from "../ui/problem.js";

export class View {
  constructor(main, params, signal) {
    this.main = main;
    this.params = params;
    /** Ends when the page is left. */
    this.signal = signal;
    /** Called when the page first shows something. */
    this.onshown = null;
    this.query = new URLSearchParams(location.search);
  }

  /** The head of the page. `note` is one sentence; `crumbs` are `[text, path]`. */
  head(title, { note = null, crumbs = [], actions = [], name = null } = {}) {
    const text = typeof title === "string" ? title : name ?? title.textContent;
    document.title = `${visible(text.slice(0, 80))} · llm-proxy`;
    this.heading = h("h1", { tabindex: -1 }, title);
    return h("header", { class: "page-head" },
      h("div", { class: "titles" },
        crumbs.length > 0 && h("nav", { class: "crumbs", "aria-label": "Breadcrumb" },
          crumbs.map(([label, path], i) => [i > 0 && icon("next", { size: 12 }), link(path, label)]), icon("next", { size: 12 })),
        this.heading,
        note && h("p", null, note)),
      h("div", { class: "actions" }, actions));
  }

  /** Shows the page. */
  show(...children) {
    if (this.signal.aborted) return this;
    fill(this.main, ...children);
    this.onshown?.(this);
    this.onshown = null;
    return this;
  }

  add(...children) {
    append(this.main, children);
  }

  /** Puts state into the address: filters, the open tab, the page of a list. Null removes. */
  setQuery(changes, { push = false } = {}) {
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "" || value === false) this.query.delete(name);
      else this.query.set(name, String(value));
    }
    const text = this.query.toString();
    const address = location.pathname + (text ? `?${text}` : "");
    if (address !== location.pathname + location.search) history[push ? "pushState" : "replaceState"]({}, "", address);
  }

  get(name, fallback = "") {
    return this.query.get(name) ?? fallback;
  }

  /**
   * Fills `place` with what `load` answers, a skeleton until then, and the reason with a way out when it fails.
   * Answers a function that does it again. Runs again by itself when the server comes back.
   */
  async region(place, load, { rows = 6 } = {}) {
    let turn = 0;
    const run = async ({ quiet = false } = {}) => {
      const mine = ++turn;
      place.setAttribute("aria-busy", "true");
      const timer = setTimeout(() => !quiet && mine === turn && fill(place, skeleton(rows)), 150);
      try {
        const content = await load();
        if (mine === turn && !this.signal.aborted && content !== undefined) fill(place, content);
      } catch (error) {
        if (error.name === "AbortError" || this.signal.aborted || mine !== turn) return;
        if (quiet && error.status === 0) return;
        fill(place, problem(error, { retry: () => run() }));
      } finally {
        clearTimeout(timer);
        if (mine === turn) place.removeAttribute("aria-busy");
      }
    };
    this.on("app:restored", () => run({ quiet: place.childElementCount > 0 && !place.querySelector(".notice.bad") }));
    await run();
    return run;
  }

  /** Listens on the document while the page is open. */
  on(event, fn) {
    document.addEventListener(event, fn, { signal: this.signal });
  }

  /** `fn` every `ms` while the page is open and seen. */
  every(ms, fn) {
    const timer = setInterval(() => !document.hidden && fn(), ms);
    this.signal.addEventListener("abort", () => clearInterval(timer));
  }

  say(text) {
    announce(text);
  }
}

/** Grey lines where text will be. */
export function skeleton(rows = 6) {
  return h("div", { class: "stack tight", "aria-hidden": "true" },
    Array.from({ length: rows }, (_, i) => h("div", { class: "skeleton", style: { width: `${92 - ((i * 17) % 40)}%`, height: "1.4rem" } })));
}
