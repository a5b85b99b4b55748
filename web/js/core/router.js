// Addresses to pages. Every page is its own module, fetched when it is first opened.
import { h, fill, announce } from "./dom.js";

export const BASE = "/admin";

const ROUTES = [
  ["/", "overview"],
  ["/projects", "projects"],
  ["/projects/new", "project-form"],
  ["/projects/:id", "project"],
  ["/projects/:id/edit", "project-form"],
  ["/tokens", "tokens"],
  ["/tokens/new", "token-form"],
  ["/tokens/:id", "token"],
  ["/tokens/:id/edit", "token-form"],
  ["/requests", "requests"],
  ["/requests/:id", "request"],
  ["/pipeline", "pipeline"],
  ["/providers", "providers"],
  ["/usage", "usage"],
  ["/audit", "audit"],
  ["/audit/:id", "audit-event"],
  ["/playground", "playground"],
  ["/settings", "settings"],
];

/** The address of a path of ours: `to("/tokens", {project_id})`. */
export function to(path, fields = {}) {
  const pairs = Object.entries(fields).filter(([, v]) => v !== null && v !== undefined && v !== "");
  const query = new URLSearchParams(pairs).toString();
  return BASE + path + (query ? `?${query}` : "");
}

/** A link to a path of ours. */
export const link = (path, text, props = {}) => h("a", { href: to(path, props.query), ...props, query: null }, text);

/** The page module and parameters of a path below `BASE`; null when there is none. */
export function match(pathname) {
  const path = ("/" + pathname.slice(BASE.length).replace(/^\/+|\/+$/g, "")).replace(/^\/index\.html$/, "/");
  const parts = path.split("/");
  for (const [pattern, page] of ROUTES) {
    const wanted = pattern.split("/");
    if (wanted.length !== parts.length) continue;
    const params = {};
    const fits = wanted.every((part, i) => {
      if (!part.startsWith(":")) return part === parts[i];
      try {
        params[part.slice(1)] = decodeURIComponent(parts[i]);
      } catch {
        return false;
      }
      return parts[i] !== "";
    });
    if (fits) return { page, params };
  }
  return null;
}

let leave = null;
/** Asks `question()` before the page is left; false keeps it. Null asks no more. */
export const guard = (question) => (leave = question);

/** Goes to an address of ours. */
export async function go(address, { replace = false } = {}) {
  if (leave && !(await leave())) return;
  leave = null;
  history[replace ? "replaceState" : "pushState"]({}, "", address);
  document.dispatchEvent(new CustomEvent("app:navigate", { detail: { moved: true } }));
}

/** Follows links of ours without loading the app again, and the browser's back and forward. */
export function listen() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target.closest?.("a[href]");
    if (!anchor || anchor.target || anchor.hasAttribute("download") || anchor.origin !== location.origin) return;
    if (!anchor.pathname.startsWith(`${BASE}/`) && anchor.pathname !== BASE) return;
    if (anchor.hash && anchor.pathname === location.pathname) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
  addEventListener("popstate", () => {
    leave = null;
    document.dispatchEvent(new CustomEvent("app:navigate", { detail: { moved: false } }));
  });
}

/** The page for an address that is none. */
export function notFound(main) {
  document.title = "Not found · llm-proxy";
  const heading = h("h1", { tabindex: -1 }, "There is no such page");
  fill(main, h("div", { class: "card" }, h("div", { class: "empty" }, heading,
    h("p", null, "The address may be mistyped, or the thing it names is gone. Press Ctrl K (⌘ K on a Mac) to search for it."),
    link("/", "Go to the overview", { class: "button primary" }))));
  announce("There is no such page");
  return heading;
}
