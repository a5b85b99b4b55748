// What this tab keeps until it is reloaded or somebody signs out: secrets made in it, and the playground's conversation.
// In memory only.
const kept = new Map();

/** The playground's messages, and the lines of its last raw exchange. */
export const conversation = { messages: [], raw: [] };

/** Keeps `{id, label, secret}`. */
export const keepSecret = (entry) => kept.set(entry.id, entry);

/** What is kept, newest first. */
export const keptSecrets = () => [...kept.values()].reverse();

document.addEventListener("app:forget", () => {
  kept.clear();
  conversation.messages.length = conversation.raw.length = 0;
});
