// Revoking tokens: one or many, with what follows and a way back.
import { h, said } from "../core/dom.js";
import { api } from "../core/api.js";
import { count, number } from "../core/format.js";
import { confirm } from "./dialog.js";
import { toast } from "./toast.js";

const nameOf = (token) => token.label || token.token;

/** Asks and revokes; answers true when it was done. `onUndone()` runs after taking it back. */
export async function revokeTokens(list, { onUndone = null } = {}) {
  const one = list.length === 1;
  const failures = [];
  const done = await confirm({
    title: one ? h("span", null, "Revoke “", said(nameOf(list[0])), "”?") : `Revoke ${number(list.length)} tokens?`,
    label: one ? "Revoke token" : `Revoke ${number(list.length)} tokens`,
    consequences: [
      one ? "Whoever uses it is refused from the next request on, with 401 token_inactive." : "Whoever uses them is refused from the next request on, with 401 token_inactive.",
      !one && h("span", null, list.slice(0, 3).flatMap((t, i) => [i > 0 && ", ", said(nameOf(t).slice(0, 60))]), list.length > 3 && ` and ${number(list.length - 3)} more.`),
      "Tokens made from it end with it.",
    ],
    action: async () => {
      const waiting = [...list];
      const worker = async () => {
        for (let token = waiting.shift(); token; token = waiting.shift()) {
          try {
            await api.remove("tokens", token.id);
          } catch (error) {
            failures.push(error);
          }
        }
      };
      await Promise.all([worker(), worker(), worker(), worker()]);
      if (failures.length === list.length) throw failures[0];
    },
  });
  if (!done) return false;
  const gone = list.length - failures.length;
  const active = list.filter((t) => t.is_active);
  toast(one ? ["“", said(nameOf(list[0]).slice(0, 80)), "” is revoked."] : `${count(gone, "token")} revoked.${failures.length ? ` ${number(failures.length)} could not be.` : ""}`, {
    undo: active.length && active.length <= 50 ? async () => {
      for (const token of active) await api.change("tokens", token.id, { is_active: true });
      toast(one ? "It is active again." : "They are active again.");
      onUndone?.();
    } : null,
  });
  return true;
}
