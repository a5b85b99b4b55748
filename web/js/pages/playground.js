// A chat through the proxy with a real access token: what an application would see, and the raw bytes.
import { h, fill, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { link } from "../core/router.js";
import { pref, setPref } from "../core/prefs.js";
import { advice } from "../core/advice.js";
import { millis, number, sentence } from "../core/format.js";
import { field, input, unitInput } from "../ui/field.js";
import { card, empty, notice } from "../ui/status.js";
import { tokenChoice } from "../ui/token-choice.js";
import { conversation } from "../ui/secrets.js";
import { tabs } from "../ui/copy.js";
import { converse } from "../ui/chat.js";

export default async function playground(view) {
  const { messages: history, raw } = conversation;
  let stop = null;
  const token = tokenChoice(view.get("token"));
  const model = input({ ".value": view.get("model", pref("model", "gpt-4o")), list: "models", spellcheck: false, onchange: () => setPref("model", model.value.trim()) });
  const system = h("textarea", { class: "input", rows: 2, placeholder: "You are a helpful assistant." });
  const temperature = unitInput("0…2", { type: "number", min: 0, max: 2, step: 0.1, placeholder: "Default" });
  const most = unitInput("tokens", { type: "number", min: 1, placeholder: "Default" });
  const stream = h("input", { type: "checkbox", ".checked": pref("stream", true), onchange: () => setPref("stream", stream.checked) });
  const messages = h("div", { class: "messages", role: "log", "aria-label": "Conversation", tabindex: 0 });
  const rawView = h("pre", { tabindex: 0, role: "region", "aria-label": "Raw exchange" });
  const box = h("textarea", { class: "input", rows: 1, "aria-label": "Message", placeholder: "Say something. Enter sends, Shift Enter makes a new line.", "data-search": true, onkeydown: (e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && (e.preventDefault(), send()) });
  const button = h("button", { type: "button", class: "button primary", onclick: () => (stop ? stop.abort() : send()) });
  const result = h("div", { class: "result", "aria-live": "polite" });
  const chatView = h("div", null, messages);
  const views = tabs("View", [{ label: "Conversation", content: () => chatView }, { label: "Raw", content: () => h("div", { class: "code" }, rawView) }]);
  view.signal.addEventListener("abort", () => stop?.abort());

  view.show(
    view.head("Playground", { note: "Call the proxy as an application would. It counts like any other request: limits, budget and cost." }),
    h("div", { class: "talk" },
      card("Request", h("form", { class: "stack", onsubmit: (e) => e.preventDefault() }, token.element, field("Model", model), h("datalist", { id: "models" }, ["gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "o4-mini"].map((value) => h("option", { value }))), field("System message", system),
        h("div", { class: "form-grid" }, field("Temperature", temperature), field("Max. answer", most)), h("label", { class: "check" }, stream, h("span", null, "Stream the answer")))),
      h("section", { class: "card", "aria-label": "Chat" }, h("div", { class: "body" }, views), result, h("div", { class: "compose" }, h("div", { class: "grow" }, box), button,
        h("button", { type: "button", class: "button quiet icon", "aria-label": "Clear the conversation", title: "Clear", onclick: clear }, icon("trash"))))));
  rawView.append(...raw);
  draw();
  setButton();

  function setButton() {
    fill(button, icon(stop ? "stop" : "send", { size: 14 }), stop ? "Stop" : "Send");
  }
  function clear() {
    history.length = raw.length = 0;
    fill(result);
    fill(rawView);
    draw();
    box.focus();
  }
  function draw() {
    fill(messages, history.length ? history.map((m) => bubble(m)) : empty({ symbol: "playground", title: "Nothing said yet", text: "Choose or paste an access token, write a message, and see the answer as an application would get it." }));
    messages.scrollTop = messages.scrollHeight;
  }
  function body() {
    const said = history.filter((m) => m.content && !m.failed).map(({ role, content }) => ({ role, content }));
    return {
      model: model.value.trim() || "gpt-4o", stream: stream.checked || undefined, temperature: temperature.value === "" ? undefined : Number(temperature.value),
      max_tokens: most.value === "" ? undefined : Number(most.value), messages: [...(system.value.trim() ? [{ role: "system", content: system.value }] : []), ...said],
    };
  }

  async function send() {
    const text = box.value.trim();
    if (!text || stop) return;
    const secret = token.secret();
    if (!secret) {
      fill(result, notice("warn", h("p", null, "An access token is needed. Paste one, or make one for this playground.")));
      token.focus();
      return;
    }
    stop = new AbortController();
    setButton();
    history.push({ role: "user", content: text });
    const request = body();
    const answer = { role: "assistant", content: "", isBusy: true };
    history.push(answer);
    box.value = "";
    fill(result);
    draw();
    const place = messages.lastElementChild.querySelector(".said");
    raw.length = 0;
    const outcome = await converse({ request, secret, signal: stop.signal, onText: (more) => {
      answer.content += more;
      place.append(more);
      messages.scrollTop = messages.scrollHeight;
    }, onRaw: (line) => {
      raw.push(line);
      if (raw.length < 2000) rawView.append(line);
    }, before: () => fill(rawView) });
    answer.isBusy = false;
    answer.failed = Boolean(outcome.error);
    stop = null;
    setButton();
    if (outcome.error && !answer.content) history.splice(history.indexOf(answer), 1);
    if (view.signal.aborted) return;
    draw();
    fill(result, report(outcome));
  }
}

function bubble(message) {
  const names = { user: "You", assistant: "Answer" };
  return h("div", { class: `message ${message.role}`, "aria-busy": message.isBusy ? "true" : null }, h("span", { class: "from" }, names[message.role]), h("div", { class: "said", dir: "auto" }, message.content));
}

/** What came of it: figures, or the reason and what to do; in both cases the way to its waterfall. */
function report(outcome) {
  const more = outcome.requestID && link(`/requests/${encodeURIComponent(outcome.requestID)}`, "See its waterfall");
  if (!outcome.error) {
    const usage = outcome.usage;
    return h("p", { class: "small muted num" }, [`${outcome.status} in ${millis(outcome.ms)}`, outcome.firstMs != null && `first words after ${millis(outcome.firstMs)}`, usage && `${number(usage.prompt_tokens)} read, ${number(usage.completion_tokens)} written`, more].filter(Boolean).flatMap((part, i) => (i ? [" · ", part] : part)));
  }
  const { code, message, status } = outcome.error;
  return notice("bad", h("p", { class: "strong" }, status ? `${status} ` : "", h("code", null, said(code ?? "failed"))), h("p", null, said(sentence(message))), advice(code) && h("p", null, h("strong", null, "What to do: "), advice(code)), more && h("p", null, more));
}
