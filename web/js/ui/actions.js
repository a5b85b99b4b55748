// The names of audited actions in words.
const WORDS = {
  "project.create": "Project created", "project.update": "Project changed", "project.delete": "Project deleted", "project.read": "Project read", "project.list": "Projects listed",
  "token.create": "Token created", "token.update": "Token changed", "token.revoke": "Token revoked", "token.revoke_batch": "Tokens revoked together", "token.read": "Token read", "token.list": "Tokens listed",
  "audit.list": "Audit searched", "audit.show": "Audit entry read", "cache.purge": "Cache purged", "admin.login": "Signed in", "admin.logout": "Signed out", "admin.access": "Access refused", "self.login": "Access by a token refused",
  "token.mint": "Token made from a token", "audit.verify": "Audit chain verified", "provider.test": "Provider tested", "proxy_request": "Request refused", "usage.read": "Usage read", "usage.entries": "Usage entries read",
};

const DONE = / (changed|created|deleted|listed|made|purged|read|revoked|searched|tested|verified)\b/;

/** "Token revoked" for token.revoke, "Token not revoked" when it failed; the name itself when there are no words. */
export function actionWords(action, outcome = "success") {
  const words = WORDS[action] ?? action;
  if (outcome === "success") return words;
  return action === "admin.login" ? "Sign-in refused" : words.replace(DONE, " not $1");
}

const ACTORS = { management_api: "management token (API)", "admin:management-token": "management token (signed in)", access_token: "an access token", anonymous: "somebody not signed in" };

/** Who did it, as people call them: "alice" for admin:alice. */
export const actorWords = (actor) => ACTORS[actor] ?? String(actor ?? "").replace(/^admin:/, "");

/** True for actions that only look. */
export const isReading = (action) => /\.(list|read|show|verify|entries)$/.test(action);

export const ACTIONS = Object.keys(WORDS);
