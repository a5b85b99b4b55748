// Short messages at the edge of the screen; one may offer to take back what was just done.
import { h } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { advice } from "../core/advice.js";
import { sentence } from "../core/format.js";

const stack = h("div", { class: "toasts", role: "region", "aria-label": "Messages" });

function place() {
  if (stack.isConnected) return;
  document.body.append(stack);
}

/** Shows `text`; with `undo` there is a button that calls it. Stays longer when there is something to do. */
export function toast(text, { kind = "ok", undo = null, label = "Undo", seconds = undo ? 12 : 5 } = {}) {
  place();
  const element = h("div", { class: `toast ${kind}`, role: kind === "bad" ? "alert" : "status" },
    icon(kind === "bad" ? "bad" : "ok"),
    h("p", null, text),
    undo && h("button", { class: "button small", type: "button", onclick: run }, icon("undo"), label),
    h("button", { class: "button quiet small icon", type: "button", "aria-label": "Dismiss message", onclick: close }, icon("close", { size: 14 })));
  let timer = setTimeout(close, seconds * 1000);
  const hold = () => clearTimeout(timer);
  const release = () => (timer = setTimeout(close, seconds * 500));
  element.addEventListener("pointerenter", hold);
  element.addEventListener("focusin", hold);
  element.addEventListener("pointerleave", release);
  element.addEventListener("focusout", release);
  stack.append(element);
  while (stack.childElementCount > 4) stack.firstElementChild.remove();

  function close() {
    clearTimeout(timer);
    element.remove();
  }
  async function run() {
    close();
    try {
      await undo();
    } catch (error) {
      failed(error, "It could not be taken back");
    }
  }
  return close;
}

/** A message about an error: what failed, the server's reason, and what to do. */
export function failed(error, what) {
  if (error.name === "AbortError") return;
  const reason = sentence(error.message ?? String(error));
  toast([what ? `${what}. ` : "", reason, " ", advice(error.code) ?? ""], { kind: "bad", seconds: 12 });
}
