// Starts the app: who is there, which page, and what surrounds it.
import { h, fill, announce } from "./core/dom.js";
import { session } from "./core/session.js";
import { BASE, go, guard, listen, match, notFound, to } from "./core/router.js";
import { listenToKeys } from "./core/keys.js";
import { View, skeleton } from "./core/view.js";
import { shell } from "./ui/shell.js";
import { problem } from "./ui/problem.js";
import "./ui/time.js";

// What nobody needs to see the first page; fetched when there is time, so that a server that is gone later does not matter.
const palette = async () => (await import("./ui/palette.js")).palette(signOut);
const help = async () => (await import("./ui/help.js")).help();
const toast = async (text, options) => (await import("./ui/toast.js")).toast(text, options);
const REST = ["palette", "help", "toast"];
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;

let frame = null;
let page = null;
let main = null;

async function signOut() {
  await session.signOut().catch(() => {});
  showLogin("You are signed out.");
}

function enter() {
  frame?.abort();
  frame = new AbortController();
  document.querySelectorAll(".frame, .skip, .login, #boot").forEach((element) => element.remove());
  main = shell({ signOut, palette, help, signal: frame.signal });
}

/** The login page; the address stays, so that the page that was wanted comes after it. */
async function showLogin(reason = null) {
  page?.abort();
  frame?.abort();
  frame = null;
  guard(null);
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  document.querySelectorAll(".frame, .skip, .login, #boot").forEach((element) => element.remove());
  if (!location.pathname.startsWith(`${BASE}/login`)) {
    const wanted = location.pathname + location.search;
    history.replaceState({}, "", to("/login", wanted === `${BASE}/` || wanted === BASE ? {} : { next: wanted }));
  }
  const { login } = await import("./pages/login.js");
  login(reason, () => {
    history.replaceState({}, "", nextAddress());
    enter();
    navigate({ moved: true });
  });
}

/** Where to after signing in: only ever an address of ours. */
function nextAddress() {
  if (!location.pathname.startsWith(`${BASE}/login`)) return location.pathname + location.search;
  const next = new URLSearchParams(location.search).get("next") ?? "";
  try {
    const url = new URL(next, location.origin);
    if (next.startsWith(`${BASE}/`) && url.origin === location.origin && url.pathname.startsWith(`${BASE}/`)) return url.pathname + url.search;
  } catch {
    // Not an address.
  }
  return `${BASE}/`;
}

/** Shows the page of the address. */
async function navigate({ moved }) {
  if (!session.current) return;
  page?.abort();
  const mine = (page = new AbortController());
  const found = match(location.pathname);
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  if (!found) {
    notFound(main);
    document.dispatchEvent(new CustomEvent("app:navigated"));
    return;
  }
  const view = new View(main, found.params, mine.signal);
  view.onshown = () => {
    clearTimeout(timer);
    // What fails here is asked for again when it is used.
    whenIdle(() => REST.forEach((name) => import(`./ui/${name}.js`).catch(() => {})));
    document.dispatchEvent(new CustomEvent("app:navigated"));
    if (moved) arrive(view);
  };
  const timer = setTimeout(() => fill(main, h("div", { class: "skeleton", style: { width: "14rem", height: "1.8rem" } }), skeleton(8)), 120);
  try {
    const module = await import(`./pages/${found.page}.js`);
    if (mine.signal.aborted) return;
    await module.default(view);
  } catch (error) {
    if (mine.signal.aborted || error.name === "AbortError") return;
    view.show(view.head("This page could not be shown"), problem(error, { retry: () => navigate({ moved: false }) }));
    if (!error.code) console.error(error);
  } finally {
    clearTimeout(timer);
  }
}

function arrive(view) {
  scrollTo(0, 0);
  // Inserted elements are not focused by their attribute alone.
  const first = main.querySelector("[data-autofocus]");
  if (first) first.focus();
  else if (!main.contains(document.activeElement) || document.activeElement === main) view.heading?.focus({ preventScroll: true });
  announce(document.title.replace(" · llm-proxy", ""));
}

async function start() {
  if (location.pathname === BASE) history.replaceState({}, "", `${BASE}/`);
  listen();
  listenToKeys({ palette, help: () => session.current && help() });
  document.addEventListener("app:navigate", (event) => navigate(event.detail));
  document.addEventListener("app:signed-out", () => showLogin("Your session has ended. Sign in and go on where you were."));
  document.addEventListener("app:restored", () => toast("The server is back.", { seconds: 3 }));
  for (;;) {
    try {
      await session.restore();
      break;
    } catch (error) {
      const place = document.getElementById("boot") ?? document.body.appendChild(h("div", { id: "boot", class: "login" }));
      fill(place, h("div", { class: "box" }, problem(error, { title: "The server cannot be reached" })));
      await new Promise((done) => setTimeout(done, 1500));
    }
  }
  if (!session.current) return showLogin();
  if (location.pathname.startsWith(`${BASE}/login`)) history.replaceState({}, "", nextAddress());
  enter();
  await navigate({ moved: false });
}

export { go };
start();
