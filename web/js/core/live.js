// The live channel: one event stream for the whole app, open while somebody listens and the page is seen.
import { session } from "./session.js";

const KINDS = ["exchange", "sample", "overview", "change", "health"];
const HIDDEN_FOR_MS = 30_000;

class Live extends EventTarget {
  state = "off";
  paused = false;
  #source = null;
  #listeners = 0;
  #attempt = 0;
  #timer = 0;
  #hiddenTimer = 0;
  #probing = false;

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
    if (!session.current || document.hidden) return;
    if (this.state === "off") this.#become("connecting");
    const source = (this.#source = new EventSource("/manage/events"));
    source.onopen = () => {
      this.#attempt = 0;
      const wasLost = this.state === "lost";
      this.#become("live");
      if (wasLost) document.dispatchEvent(new CustomEvent("app:restored"));
    };
    source.onerror = () => {
      this.#close("lost");
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
    if (this.state !== "unavailable" || state !== "lost") this.#become(state);
  }

  /** Asks again and again, ever slower, whether the server is back and still knows us. */
  async #probe() {
    if (this.#probing || !session.current) return;
    this.#probing = true;
    this.#close("lost");
    while (session.current) {
      await new Promise((done) => setTimeout(done, Math.min(300 * 1.7 ** this.#attempt, 8000) * (0.75 + Math.random() / 2)));
      this.#attempt += 1;
      try {
        const answer = await fetch("/admin/session", { cache: "no-store" });
        if (answer.status === 401) session.lost();
        if (answer.ok) {
          session.current = await answer.json();
          break;
        }
      } catch {
        // Still away.
      }
    }
    this.#probing = false;
    if (!session.current) return;
    if (this.#listeners > 0) this.#open();
    else {
      this.#become("off");
      document.dispatchEvent(new CustomEvent("app:restored"));
    }
    if (this.#attempt > 6) this.#become("unavailable");
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
