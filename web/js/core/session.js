// Who is signed in. The session itself is a cookie that scripts cannot read.
import { call } from "./api.js";
import { pref, setPref } from "./prefs.js";

let lastUser = null;
/** What one person made in this tab is not for the next one. */
const forget = () => document.dispatchEvent(new CustomEvent("app:forget"));

export const session = {
  /** `{user, role, csrf_token, expires_at}`, or null. */
  current: null,

  /** True when this user may change things. */
  get canWrite() {
    return this.current?.role === "admin";
  },

  /** Asks the server who we are; null when nobody, which a browser that never signed in need not ask. */
  async restore() {
    if (!pref("signed-in", false)) return null;
    try {
      this.current = (await call("GET", "/admin/session")).data;
      lastUser = this.current.user;
    } catch (error) {
      if (error.status !== 401) throw error;
      this.current = null;
    }
    return this.current;
  },

  async signIn(credentials) {
    this.current = (await call("POST", "/admin/session", { body: credentials })).data;
    if (lastUser !== this.current.user) forget();
    lastUser = this.current.user;
    setPref("signed-in", true);
    return this.current;
  },

  async signOut() {
    try {
      await call("DELETE", "/admin/session");
    } finally {
      this.current = null;
      setPref("signed-in", null);
      forget();
    }
  },

  /** The server no longer knows us: the page that is open comes back after signing in again. */
  lost() {
    if (!this.current) return;
    this.current = null;
    setPref("signed-in", null);
    document.dispatchEvent(new CustomEvent("app:signed-out"));
  },

  /** Where applications reach the API: the proxy's own address unless the server names another. */
  get baseURL() {
    return (this.current?.api_base_url ?? location.origin).replace(/\/+$/, "");
  },
};
