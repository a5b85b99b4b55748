// The names of audited actions in words.
const WORDS = {
  "project.create": "Project created", "project.update": "Project changed", "project.delete": "Project deleted", "project.read": "Project read", "project.list": "Projects listed",
  "token.create": "Token created", "token.update": "Token changed", "token.revoke": "Token revoked", "token.revoke_batch": "Tokens revoked together", "token.read": "Token read", "token.list": "Tokens listed",
  "audit.list": "Audit searched", "audit.show": "Audit entry read", "cache.purge": "Cache purged", "admin.login": "Signed in", "admin.logout": "Signed out", "management.login": "Sign-in refused", "management.auth": "Management access",
  "provider.test": "Provider tested",
};

/** "Token revoked" for token.revoke; the name itself when there are no words. */
export const actionWords = (action) => WORDS[action] ?? action;

/** True for actions that only look. */
export const isReading = (action) => /\.(list|read|show)$/.test(action);

export const ACTIONS = Object.keys(WORDS);
