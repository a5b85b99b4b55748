// One request explained: what came, what each stage said and took, what the provider did, and for a refusal what to do.
import { h, said } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { api } from "../core/api.js";
import { link } from "../core/router.js";
import { advice } from "../core/advice.js";
import { bytes, micros, millis, number, price, sentence } from "../core/format.js";
import { identifier } from "../ui/copy.js";
import { badge, card, empty, facts, httpStatus, notice } from "../ui/status.js";
import { when } from "../ui/time.js";
import { providerTime, waterfall } from "../ui/waterfall.js";

export default async function request(view) {
  let data;
  try {
    ({ data } = await api.one("exchanges", view.params.id, view.signal));
  } catch (error) {
    if (error.status !== 404) throw error;
    view.show(view.head("Request", { crumbs: [["Requests", "/requests"]] }),
      h("div", { class: "card" }, empty({ symbol: "requests", title: "This request is no longer kept", text: "The server keeps the latest requests in memory and forgets them when it restarts. Usage has what it cost.", action: link("/requests", "Latest requests", { class: "button" }) })));
    return;
  }
  const steps = data.waterfall ?? [];
  const waited = providerTime(steps);
  view.show(
    view.head(h("span", null, data.method, " ", said(data.path)), { name: `${data.method} ${data.path}`, crumbs: [["Requests", "/requests"]] }),
    h("dl", { class: "figures" },
      figure("Status", h("span", null, data.status || "–"), data.outcome?.replaceAll("_", " ")), figure("Total time", millis(data.duration_ms), `${data.is_stream ? "stream, " : ""}first byte ${millis(data.first_byte_ms)}`),
      figure("Of it: provider", waited ? micros(waited) : "–", waited ? "waited for" : steps.some((s) => s.kind === "adapter" && s.verdict === "respond") ? "the adapter answered" : "not called"),
      figure("Of it: proxy and client", micros(Math.max(0, (data.duration_ms ?? 0) * 1000 - waited)), `stages ${micros(own(steps))}`),
      figure("Tokens", h("span", null, number(data.input_tokens), " → ", number(data.output_tokens)), "read → written"), figure("Cost", price(data.cost_micros, data.currency ?? "USD"))),
    refusal(data),
    card("Waterfall", waterfall(steps, data), { flush: true }),
    h("div", { class: "grid" },
      card("Request", facts(
        ["Request id", identifier(data.request_id)], ["Started", when(data.started_at, "full")], ["Status", httpStatus(data.status, data)],
        ["Outcome", said(data.outcome)], ["Client", data.client_ip && h("code", null, said(data.client_ip))],
        ["Sent", `${bytes(data.request_bytes)} in, ${bytes(data.response_bytes)} out`]), { className: "span-6" }),
      card("Who and what", facts(
        ["Project", data.project_id ? link(`/projects/${encodeURIComponent(data.project_id)}`, said(data.project_name ?? data.project_id)) : "none: it was refused before"],
        ["Token", data.token_id ? link(`/tokens/${encodeURIComponent(data.token_id)}`, said(data.token_label ?? data.token_id.slice(0, 8))) : "none known"],
        ["Model", said(data.model ?? "–")], ["API", said(data.api ?? "–")], ["Provider", data.provider ? link("/providers", said(data.provider)) : "not reached"],
        ["Usage", usage(data.usage)], ["Same token", data.token_id ? link("/requests", "Its other requests", { query: { token_id: data.token_id } }) : null]), { className: "span-6" })));
}

const figure = (name, value, sub = "") => h("div", { class: "figure" }, h("dt", null, name), h("dd", { class: "value" }, value), h("dd", { class: "sub" }, sub));

/** Time spent in our own stages and adapters. */
const own = (steps) => steps.filter((s) => s.kind === "stage" || s.kind === "adapter").reduce((sum, s) => sum + (s.duration_us ?? 0), 0);

function usage(u) {
  if (!u) return null;
  const parts = [["input_tokens", "read"], ["cached_input_tokens", "cached"], ["output_tokens", "written"], ["reasoning_tokens", "reasoning"]].filter(([n]) => u[n]);
  return h("span", null, parts.map(([n, word]) => `${number(u[n])} ${word}`).join(", ") || "none", " ", parts.length > 0 && (u.source ?? u.provenance) && badge(u.source ?? u.provenance));
}

/** Why it was refused, and what to do. */
function refusal(data) {
  const code = data.refusal?.code ?? data.error_code;
  if (!code) return null;
  const what = advice(code);
  const isOurs = data.refused_by || data.status < 500;
  return h("div", { class: "notice warn", role: "note" }, icon(isOurs ? "ban" : "bad"), h("div", { class: "grow" },
    h("p", { class: "strong" }, data.refused_by ? ["Refused by the stage ", h("code", null, said(data.refused_by)), ` with ${data.refusal?.status ?? data.status} `] : "It failed with ", h("code", null, said(code))),
    data.refusal?.message && h("p", null, said(sentence(data.refusal.message))),
    what && h("p", null, h("strong", null, "What to do: "), what),
    h("div", { class: "row wrap" },
      data.token_id && link(`/tokens/${encodeURIComponent(data.token_id)}`, "See the token", { class: "button small" }),
      data.project_id && link(`/projects/${encodeURIComponent(data.project_id)}`, "See the project", { class: "button small" }),
      data.refused_by && link("/pipeline", "See the stage", { class: "button small", query: { stage: data.refused_by } }))));
}
