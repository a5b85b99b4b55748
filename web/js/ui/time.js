// <llm-time at="2026-…"> and <llm-countdown at="…">: a moment in the reader's words, its exact value on hover.
import { h } from "../core/dom.js";
import { dateTime, relative, span, timeOfDay } from "../core/format.js";

/** Forms that time does not change. */
const FIXED = ["clock", "full"];
const shown = new Set();
let ticking = 0;

function tick() {
  if (document.hidden) return;
  for (const element of shown) element.write();
}

class Moment extends HTMLElement {
  connectedCallback() {
    if (!this.time) {
      this.time = h("time");
      this.append(this.time);
    }
    this.date = new Date(this.getAttribute("at"));
    if (Number.isNaN(this.date.getTime())) {
      this.time.textContent = this.getAttribute("at");
      return;
    }
    this.time.dateTime = this.date.toISOString();
    this.time.title = `${dateTime(this.date)}\n${this.date.toISOString()}`;
    this.write();
    if (FIXED.includes(this.getAttribute("form"))) return;
    shown.add(this);
    ticking ||= setInterval(tick, 1000);
  }

  disconnectedCallback() {
    shown.delete(this);
  }

  put(text) {
    if (this.time.textContent !== text) this.time.textContent = text;
  }

  write() {
    const form = this.getAttribute("form");
    this.put(form === "clock" ? timeOfDay(this.date) : form === "full" ? dateTime(this.date) : relative(this.date));
  }
}

class Countdown extends Moment {
  write() {
    const left = (this.date - Date.now()) / 1000;
    this.dataset.state = left <= 0 ? "over" : left < 3600 ? "soon" : "";
    this.put(left <= 0 ? `ended ${relative(this.date)}` : `${span(left)} left`);
  }
}

customElements.define("llm-time", Moment);
customElements.define("llm-countdown", Countdown);

/** A moment: relative unless `form` is "clock" or "full". Nothing for no moment. */
export const when = (at, form = "relative") => (at ? h("llm-time", { at, form }) : h("span", { class: "muted" }, "never"));
/** When an access token ends; one that was revoked has ended already. */
export const ending = (token) => (token.is_active ? until(token.expires_at) : h("span", { class: "muted" }, "revoked"));
/** The time until `at`. */
export const until = (at) => (at ? h("llm-countdown", { at }) : h("span", { class: "muted" }, "never expires"));
