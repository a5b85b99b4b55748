// The frame around every page: where one can go, who one is, whether the page is live.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { link, to } from "../core/router.js";
import { session } from "../core/session.js";
import { live } from "../core/live.js";
import { chooseTheme, isDark } from "../core/prefs.js";

const GROUPS = [
  ["Observe", [["/", "Overview", "overview"], ["/requests", "Requests", "requests"], ["/usage", "Usage and cost", "usage"]]],
  ["Govern", [["/projects", "Projects", "projects"], ["/tokens", "Tokens", "tokens"], ["/audit", "Audit", "audit"]]],
  ["Operate", [["/pipeline", "Pipeline", "pipeline"], ["/providers", "Providers", "providers"], ["/settings", "Settings", "settings"]]],
  ["Try", [["/playground", "Playground", "playground"]]],
];

const LIVE_WORDS = { live: "Live", paused: "Paused", lost: "Reconnecting…", connecting: "Connecting…", off: "Not live here", unavailable: "No live channel" };

export const brand = () => link("/", [icon("leaf", { size: 20 }), "llm-proxy"], { class: "brand" });

/** Builds the frame; answers where pages go. `signOut`, `palette` and `help` are what those buttons do. */
export function shell({ signOut, palette, help, signal }) {
  let health = null;
  const main = h("main", { id: "main", tabindex: -1 });
  const menu = h("button", { type: "button", class: "button quiet icon", "aria-label": "Menu", "aria-haspopup": "dialog", onclick: drawer }, icon("menu", { size: 20 }));
  const frame = h("div", { class: "frame" },
    sidebar("header"),
    h("div", null,
      h("header", { class: "topbar" }, menu, brand(),
        h("button", { type: "button", class: "button quiet icon", "aria-label": "Find and do anything", onclick: palette }, icon("search", { size: 18 }))),
      h("div", { id: "banners", "aria-live": "polite" }),
      h("div", { class: "content" }, main)));
  const skip = h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, "Skip to the page");
  document.body.prepend(skip, frame);
  live.watch((state) => banner(state, health), signal);
  live.on("health", (news) => { health = news; banner(live.shown, health); }, signal);
  document.addEventListener("app:navigated", mark, { signal });

  function sidebar(tag) {
    return h(tag, { class: "sidebar" },
      brand(),
      h("button", { type: "button", class: "palette-button", onclick: palette }, icon("search", { size: 14 }), h("span", null, "Find anything"), h("kbd", null, "Ctrl K")),
      h("nav", { class: "nav", "aria-label": "Pages" }, GROUPS.map(([title, items]) =>
        h("div", null, h("h2", null, title), h("ul", { class: "links" }, items.map(([path, label, symbol]) =>
          h("li", null, h("a", { href: to(path), dataset: { path } }, icon(symbol), label))))))),
      h("div", { class: "side-foot" }, liveSwitch(), who()));
  }

  function liveSwitch() {
    const words = h("span", { class: "grow" });
    const button = h("button", { type: "button", class: "button quiet small icon", onclick: () => live.pause() });
    const element = h("div", { class: "live row" }, h("span", { class: "row grow", style: { "padding-inline-start": "0.5rem" } }, h("span", { class: "dot" }), words), button);
    live.watch((state) => {
      element.dataset.state = state;
      words.textContent = LIVE_WORDS[state];
      button.setAttribute("aria-label", live.paused ? "Resume live updates" : "Pause live updates");
      button.title = `${button.getAttribute("aria-label")} (l)`;
      fill(button, icon(live.paused ? "play" : "pause", { size: 14 }));
    }, signal);
    return element;
  }

  function who() {
    const theme = h("button", { type: "button", class: "button quiet small icon", onclick: () => chooseTheme(isDark() ? "light" : "dark") });
    const show = () => {
      theme.setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
      theme.title = theme.getAttribute("aria-label");
      fill(theme, icon(isDark() ? "sun" : "moon", { size: 15 }));
    };
    show();
    document.addEventListener("app:theme", show, { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show, { signal });
    return h("div", { class: "who" },
      h("div", { class: "small" }, said(session.current.user, { clip: true }), h("div", { class: "muted" }, session.canWrite ? "administrator" : "viewer: may look only")),
      theme,
      h("button", { type: "button", class: "button quiet small icon", "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)", onclick: help }, icon("help", { size: 15 })),
      h("button", { type: "button", class: "button quiet small icon", "aria-label": "Sign out", title: "Sign out", onclick: signOut }, icon("out", { size: 15 })));
  }

  function drawer() {
    const dialog = h("dialog", { class: "drawer", "aria-label": "Menu", onclose: () => { dialog.remove(); menu.focus(); }, onclick: (event) => (event.target === dialog || event.target.closest("a, .palette-button")) && dialog.close() }, sidebar("div"));
    document.body.append(dialog);
    mark();
    dialog.showModal();
  }
  return main;
}

function mark() {
  const path = location.pathname.slice("/admin".length).replace(/\/+$/, "") || "/";
  for (const anchor of document.querySelectorAll(".nav a[data-path]")) {
    const isHere = anchor.dataset.path === "/" ? path === "/" : path === anchor.dataset.path || path.startsWith(`${anchor.dataset.path}/`);
    if (isHere) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

function banner(state, health) {
  const place = document.getElementById("banners");
  if (!place) return;
  fill(place, state === "lost" && h("div", { class: "banner warn" }, icon("warn"), "The server does not answer. Reconnecting by itself; what you see is from before."),
    health?.writable === false && h("div", { class: "banner bad", role: "alert" }, icon("bad"), h("span", null, "The database cannot be written: changes wait, traffic goes on from memory. ", link("/", "See the overview"))));
}
