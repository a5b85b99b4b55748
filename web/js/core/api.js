// The REST API as the pages use it. Everything the UI does goes through here.
import { session } from "./session.js";

/** An answer that is not a success, or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(status, body, headers) {
    super(body?.error?.message ?? (typeof body?.error === "string" ? body.error : null) ?? `the server answered ${status}`);
    this.status = status;
    this.code = body?.code ?? body?.error?.code ?? (status === 0 ? "unreachable" : `http_${status}`);
    this.param = body?.param ?? null;
    this.retryAfter = Number(headers?.get("retry-after")) || null;
  }
}

/** A query string of what is set; lists become comma lists. */
export function query(fields = {}) {
  const pairs = Object.entries(fields).filter(([, v]) => v !== undefined && v !== null && v !== "" && v !== false);
  const text = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
  return text ? `?${text}` : "";
}

/** Sends a request. Answers `{data, next, etag, status}`; throws `ApiError`. */
export async function call(method, path, { params, body, signal, headers = {} } = {}) {
  const request = { method, signal, credentials: "same-origin", headers: { accept: "application/json", ...headers }, cache: "no-store" };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["content-type"] = "application/json";
  }
  if (method !== "GET" && session.current?.csrf_token) request.headers["x-csrf-token"] = session.current.csrf_token;
  let answer;
  try {
    const address = path + query(params);
    answer = (method === "GET" && (await takeEarly(address))) || (await fetch(address, request));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    document.dispatchEvent(new CustomEvent("app:unreachable"));
    throw new ApiError(0, { error: "The server does not answer.", code: "unreachable" });
  }
  const data = await read(answer);
  if (answer.ok) return { data, next: answer.headers.get("x-next-after"), etag: answer.headers.get("etag"), status: answer.status };
  const error = new ApiError(answer.status, data, answer.headers);
  if (answer.status === 401 && path !== "/admin/session") session.lost();
  throw error;
}

/**
 * The answer to what boot.js asked for already; each is for one page only. Of refusals only the one of the session
 * counts: the others were given before somebody signed in.
 */
async function takeEarly(address) {
  const early = globalThis.askedEarly?.get(address);
  globalThis.askedEarly?.delete(address);
  const answer = await early;
  return answer?.ok || address === "/admin/session" ? answer : undefined;
}

async function read(answer) {
  if (answer.status === 204) return null;
  const text = await answer.text();
  if (!(answer.headers.get("content-type") ?? "").includes("json")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const item = (kind, id) => `/manage/${kind}/${encodeURIComponent(id)}`;

export const api = {
  get: (path, params, signal) => call("GET", path, { params, signal }),
  one: (kind, id, signal) => call("GET", item(kind, id), { signal }),
  list: (kind, params, signal) => call("GET", `/manage/${kind}`, { params, signal }),
  /** `key` makes a repeat of the same creation safe. */
  create: (kind, body, key) => call("POST", `/manage/${kind}`, { body, headers: key ? { "idempotency-key": key } : {} }),
  /** With `etag` the change is refused when somebody else was faster. */
  change: (kind, id, body, etag) => call("PATCH", item(kind, id), { body, headers: etag ? { "if-match": etag } : {} }),
  remove: (kind, id, params) => call("DELETE", item(kind, id), { params }),
  post: (path, body) => call("POST", path, { body: body ?? {} }),
};

/** A random identifier; works without a secure context too, where `crypto.randomUUID` is missing. */
export function randomID() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
