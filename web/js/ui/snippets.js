// Ready-made first calls in four languages, with the right base URL.
import { pref, setPref } from "../core/prefs.js";
import { session } from "../core/session.js";
import { codeBlock, tabs } from "./copy.js";

const PLACEHOLDER = "$LLM_PROXY_TOKEN";

const SNIPPETS = [
  ["curl", (base, token, model) => `curl ${base}/v1/chat/completions \\
  -H "Authorization: Bearer ${token}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`],
  ["Python", (base, token, model) => `# pip install openai
${token === PLACEHOLDER ? "import os\n" : ""}from openai import OpenAI

client = OpenAI(base_url="${base}/v1", api_key=${token === PLACEHOLDER ? 'os.environ["LLM_PROXY_TOKEN"]' : `"${token}"`})
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`],
  ["Node", (base, token, model) => `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}/v1", apiKey: ${token === PLACEHOLDER ? "process.env.LLM_PROXY_TOKEN" : `"${token}"`} });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`],
  ["Swift", (base, token, model) => `import Foundation

var request = URLRequest(url: URL(string: "${base}/v1/chat/completions")!)
request.httpMethod = "POST"
request.setValue("Bearer ${token === PLACEHOLDER ? '\\(ProcessInfo.processInfo.environment["LLM_PROXY_TOKEN"]!)' : token}", forHTTPHeaderField: "Authorization")
request.setValue("application/json", forHTTPHeaderField: "Content-Type")
request.httpBody = Data(#"{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}"#.utf8)
let (body, _) = try await URLSession.shared.data(for: request)
print(String(decoding: body, as: UTF8.self))`],
];

/** Tabs with a first call; without a `secret` it is read from the environment. */
export function snippets({ secret = null, model = "gpt-4o" } = {}) {
  const items = SNIPPETS.map(([label, write]) => ({ label, content: () => codeBlock(write(session.baseURL, secret ?? PLACEHOLDER, model), `First call with ${label}`) }));
  return tabs("Language", items, { chosen: pref("snippet", 0), onpick: (i) => setPref("snippet", i) });
}
