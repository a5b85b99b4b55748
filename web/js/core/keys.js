// The keyboard: single keys, "g then letter", and Ctrl/⌘ K. Single keys can be switched off (WCAG 2.1.4).
import { go, to } from "./router.js";
import { live } from "./live.js";
import { pref } from "./prefs.js";

/** Where "g" and a letter lead, for the help. */
export const PLACES = [
  ["o", "/", "Overview"], ["r", "/requests", "Requests"], ["u", "/usage", "Usage and cost"], ["p", "/projects", "Projects"], ["t", "/tokens", "Tokens"],
  ["a", "/audit", "Audit"], ["i", "/pipeline", "Pipeline"], ["v", "/providers", "Providers"], ["s", "/settings", "Settings"], ["c", "/playground", "Playground"],
];

/** The other keys, for the help. */
export const KEYS = [
  ["/", "Search on this page"], ["?", "This help"], ["j  k", "Next, previous row"], ["Enter", "Open the row"], ["x", "Select the row"], ["n", "New"], ["e", "Edit"], ["l", "Pause or resume live updates"], ["Esc", "Close, leave a field"],
];

const isTyping = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

let going = 0;

/** Starts listening; `palette()` and `help()` open those dialogs. */
export function listenToKeys({ palette, help }) {
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      palette();
      return;
    }
    if (event.key === "Escape" && isTyping(event.target) && !event.target.closest("dialog, .combo")) event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") || pref("keys", true) === false) return;
    const act = single(event.key, { help, palette });
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

function single(key, { help, palette }) {
  const now = Date.now();
  if (now - going < 1500) {
    going = 0;
    const place = PLACES.find(([letter]) => letter === key);
    if (place) return () => go(to(place[1]));
  }
  switch (key) {
    case "g": return () => (going = now);
    case "?": return help;
    case "/": return () => (document.querySelector("main [data-search]") ? focusSearch() : palette());
    case "l": return () => live.pause();
    case "n": return press("[data-key=n]");
    case "e": return press("[data-key=e]");
    case "j": return () => step(1);
    case "k": return () => step(-1);
    case "x": return press("tr:focus-within .pick input");
    default: return null;
  }
}

function focusSearch() {
  const box = document.querySelector("main [data-search]");
  box.focus();
  box.select?.();
}

const press = (selector) => {
  const target = document.querySelector(`main ${selector}`);
  return target ? () => target.click() : null;
};

function step(by) {
  const links = [...document.querySelectorAll("main tbody td.main a")];
  if (!links.length) return;
  const at = links.findIndex((a) => a.closest("tr").contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, at + by))].focus();
}
