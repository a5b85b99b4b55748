// The list of keys, and the switch for single ones.
import { h } from "../core/dom.js";
import { KEYS, PLACES } from "../core/keys.js";
import { pref, setPref } from "../core/prefs.js";
import { openDialog } from "./dialog.js";
import { check } from "./field.js";

const row = (keys, text) => h("div", null, h("span", null, text), h("span", { class: "nowrap" }, keys.split(" ").filter(Boolean).map((k) => [h("kbd", null, k), " "])));

/** Opens the help. */
export function help() {
  return openDialog("Keyboard", () => [
    h("div", { class: "keys" }, row("Ctrl K", "Find and do anything"), KEYS.map(([keys, text]) => row(keys, text))),
    h("h3", null, "Go to"),
    h("div", { class: "keys" }, PLACES.map(([key, , text]) => row(`g ${key}`, text))),
    check("Single-key shortcuts", { ".checked": pref("keys", true), onchange: (event) => setPref("keys", event.target.checked) }),
    h("p", { class: "small muted" }, "On a Mac ⌘ stands for Ctrl. Switch single keys off if you use speech input; Ctrl K always works."),
  ], { className: "wide-dialog" });
}
