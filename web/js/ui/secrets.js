// Secrets made in this tab, so that the playground can use them. In memory only: a reload forgets them.
const kept = new Map();

/** Keeps `{id, label, secret}` until the page is loaded again. */
export const keepSecret = (entry) => kept.set(entry.id, entry);

/** What is kept, newest first. */
export const keptSecrets = () => [...kept.values()].reverse();
