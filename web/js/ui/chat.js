// One chat completion by fetch: whole or streamed, with everything that crossed the wire handed on as text.

/**
 * Sends `request` with `secret`. `onText(more)` as words arrive, `onRaw(text)` for the raw view.
 * Answers `{status, ms, firstMs, usage, requestID, error}`.
 */
export async function converse({ request, secret, signal, onText, onRaw, before }) {
  const started = performance.now();
  const outcome = { status: 0, ms: 0, firstMs: null, usage: null, requestID: null, error: null };
  const body = JSON.stringify(request, null, 2);
  before();
  onRaw(`POST /v1/chat/completions\nauthorization: Bearer ${secret.slice(0, 6)}…\ncontent-type: application/json\n\n${body}\n\n`);
  try {
    const answer = await fetch("/v1/chat/completions", {
      method: "POST", body, signal, credentials: "same-origin", cache: "no-store", headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    });
    outcome.status = answer.status;
    outcome.requestID = answer.headers.get("x-request-id");
    onRaw(`${answer.status} ${answer.statusText}\n${[...answer.headers].map(([k, v]) => `${k}: ${v}`).join("\n")}\n\n`);
    const isStream = (answer.headers.get("content-type") ?? "").includes("event-stream");
    if (isStream) await readStream(answer, { onText, onRaw, outcome, started });
    else await readWhole(answer, { onText, onRaw, outcome });
  } catch (error) {
    outcome.error = error.name === "AbortError" ? { code: "stopped", message: "You stopped it." } : { code: "unreachable", message: "The connection broke before the answer was whole." };
    onRaw(`\n[${outcome.error.message}]\n`);
  }
  outcome.ms = performance.now() - started;
  return outcome;
}

async function readWhole(answer, { onText, onRaw, outcome }) {
  const text = await answer.text();
  onRaw(text);
  let data = null;
  try {
    data = JSON.parse(text);
  } catch {
    // Not JSON: the raw view has it.
  }
  if (!answer.ok || data?.error) {
    outcome.error = refusal(data, answer.status, text);
    return;
  }
  outcome.usage = data?.usage ?? null;
  onText(data?.choices?.[0]?.message?.content ?? text);
}

async function readStream(answer, { onText, onRaw, outcome, started }) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    onRaw(value);
    rest += value;
    const events = rest.split(/\r?\n\r?\n/);
    rest = events.pop();
    events.forEach((event) => readEvent(event, { onText, outcome, started }));
  }
}

function readEvent(event, { onText, outcome, started }) {
  const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
  if (!data || data === "[DONE]") return;
  let piece;
  try {
    piece = JSON.parse(data);
  } catch {
    return;
  }
  if (piece.error) outcome.error = refusal(piece, outcome.status, data);
  if (piece.usage) outcome.usage = piece.usage;
  const text = piece.choices?.[0]?.delta?.content;
  if (!text) return;
  outcome.firstMs ??= performance.now() - started;
  onText(text);
}

/** The code and message of an error, in OpenAI's shape or ours. */
function refusal(data, status, text) {
  const inner = data?.error;
  return { status, code: data?.code ?? inner?.code ?? `http_${status}`, message: inner?.message ?? (typeof inner === "string" ? inner : null) ?? text.slice(0, 400) };
}
