// Signing in: with a user and password, or with the management token.
import { h, fill } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { session } from "../core/session.js";
import { pref, setPref } from "../core/prefs.js";
import { field, input, segments } from "../ui/field.js";
import { notice } from "../ui/status.js";
import { problem } from "../ui/problem.js";

/** Shows the page; `done()` after signing in. */
export function login(reason, done) {
  document.title = "Sign in · llm-proxy";
  let way = pref("login", "password");
  const place = h("div", { role: "alert" });
  const fields = h("div", { class: "stack" });
  const button = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = h("form", { class: "card", onsubmit: submit },
    h("h1", { tabindex: -1 }, "Sign in"),
    reason && notice("info", h("p", null, reason)),
    segments("Sign in with", [["password", "Password"], ["token", "Management token"]], way, (picked) => {
      way = picked;
      setPref("login", way);
      draw();
    }),
    fields, place, button);
  const page = h("main", { class: "login" }, h("div", { class: "box" },
    h("div", { class: "brand" }, icon("leaf", { size: 26 }), "llm-proxy"),
    form));
  document.body.prepend(page);
  draw();
  fields.querySelector("input").focus();

  function draw() {
    fill(place);
    fill(fields, way === "password"
      ? [field("User", input({ name: "username", autocomplete: "username", autocapitalize: "off", spellcheck: false, required: true })),
        field("Password", secret({ name: "password", autocomplete: "current-password" }), { hint: "ADMIN_USER and ADMIN_PASSWORD of the server’s environment. Without them, sign in with the management token." })]
      : [field("Management token", secret({ name: "management_token", autocomplete: "off" }), { hint: "MANAGEMENT_TOKEN of the server's environment. “make run” keeps it in data/management-token." })]);
  }

  async function submit(event) {
    event.preventDefault();
    if (button.getAttribute("aria-busy")) return;
    const given = Object.fromEntries(new FormData(form));
    const credentials = way === "password" ? { username: given.username, password: given.password } : { management_token: given.management_token.trim() };
    button.setAttribute("aria-busy", "true");
    fill(place);
    try {
      await session.signIn(credentials);
      page.remove();
      done();
    } catch (error) {
      fill(place, problem(error));
      fields.querySelector("input[type=password], input").focus();
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

/** A secret's field whose text can be shown. */
function secret(props) {
  const box = input({ type: "password", required: true, spellcheck: false, ...props });
  const toggle = h("button", { type: "button", class: "button", "aria-pressed": "false", "aria-label": "Show what is typed", onclick: () => {
    const isHidden = box.type === "password";
    box.type = isHidden ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(isHidden));
  } }, "Show");
  box.wrapped = h("div", { class: "row" }, h("div", { class: "grow" }, box), toggle);
  return box;
}
