// The live channel: one event stream for the whole app, open while somebody listens and the page is seen.
import { session } from "./session.js";

const KINDS = ["exchange", "sample", "overview", "change", "health"];
const HIDDEN_FOR_MS = 30_000;
const RETRY_MS = 30_000;
/** Refusals in a row by a server that answers otherwise, until the channel counts as not there. */
const REFUSALS = 3;

class Live extends EventTarget {
  state = "off";
  paused = false;
  #source = null;
  #listeners = 0;
  #attempt = 0;
  #timer = 0;
  #hiddenTimer = 0;
  #probing = false;
  #refusals = 0;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#seen());
    document.addEventListener("app:unreachable", () => this.#probe());
    document.addEventListener("app:signed-out", () => this.#close("off"));
  }

  /** Calls `fn(data)` for events of this kind until `signal` ends it; not while paused. */
  on(kind, fn, signal) {
    if (signal.aborted) return;
    const heard = (event) => this.paused || fn(event.detail);
    this.addEventListener(`live:${kind}`, heard, { signal });
    this.#listeners += 1;
    signal.addEventListener("abort", () => (this.#listeners -= 1));
    if (!this.#source && !this.#timer) this.#open();
  }

  /** Calls `fn(state)` now and at every change of state. */
  watch(fn, signal) {
    this.addEventListener("state", () => fn(this.shown), { signal });
    fn(this.shown);
  }

  /** The state as people see it. */
  get shown() {
    return this.paused && this.state === "live" ? "paused" : this.state;
  }

  pause(paused = !this.paused) {
    this.paused = paused;
    this.dispatchEvent(new Event("state"));
    if (!paused) document.dispatchEvent(new CustomEvent("app:resumed"));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #open() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!session.current || document.hidden || this.#source) return;
    if (this.state === "off") this.#become("connecting");
    const source = (this.#source = new EventSource("/manage/events"));
    source.onopen = () => {
      this.#attempt = this.#refusals = 0;
      this.#become("live");
    };
    source.onerror = () => {
      this.#refusals += 1;
      this.#probe();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        try {
          this.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: JSON.parse(event.data) }));
        } catch {
          // An event that is no JSON is not ours; the next one will be.
        }
      });
    }
  }

  #close(state) {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#become(state);
  }

  /** Asks again and again, ever slower, whether the server is there and still knows us; then goes on. */
  async #probe() {
    if (this.#probing || !session.current) return;
    this.#probing = true;
    this.#close("connecting");
    let wasGone = false;
    while (session.current && !(await this.#isThere())) {
      wasGone = true;
      this.#become("lost");
      await new Promise((done) => setTimeout(done, Math.min(300 * 1.7 ** this.#attempt, 8000) * (0.75 + Math.random() / 2)));
      this.#attempt += 1;
    }
    this.#probing = false;
    if (!session.current) return;
    if (wasGone) this.#refusals = 0;
    if (this.#listeners === 0) this.#become("off");
    else if (this.#refusals < REFUSALS) this.#open();
    else {
      // The server answers and has no live channel for us: pages work without it.
      this.#become("unavailable");
      this.#timer = setTimeout(() => this.#open(), RETRY_MS);
    }
    if (wasGone) document.dispatchEvent(new CustomEvent("app:restored"));
  }

  async #isThere() {
    try {
      const answer = await fetch("/admin/session", { cache: "no-store" });
      if (answer.status === 401) session.lost();
      if (answer.ok) session.current = await answer.json();
      return answer.ok || answer.status === 401;
    } catch {
      return false;
    }
  }

  /** A page nobody looks at costs the server nothing. */
  #seen() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = setTimeout(() => this.#close("off"), HIDDEN_FOR_MS);
    else if (!this.#source && session.current && this.#listeners > 0) {
      this.#open();
      document.dispatchEvent(new CustomEvent("app:resumed"));
    }
  }
}

export const live = new Live();
