// Paging by keyset: forward with the server's cursor, back by what was seen.
import { h, fill } from "../core/dom.js";
import { icon } from "../core/icons.js";
import { count } from "../core/format.js";

/**
 * The foot of a list. `go(after)` shows another page. The cursors that were passed are kept in the history entry, so
 * that "Previous" also works after a reload.
 */
export function pager(view, go) {
  const note = h("span", { class: "grow", role: "status" });
  const first = button("First", null, () => move(null, []));
  const back = button("Previous", "back", () => {
    const trail = trailOf();
    move(trail.pop() ?? null, trail);
  });
  const next = button("Next", "next", () => move(element.next, [...trailOf(), view.get("after", null)]));
  const element = h("nav", { class: "pager", "aria-label": "Pages of the list" }, note, first, back, next);

  const trailOf = () => [...(history.state?.trail ?? [])];
  function move(after, trail) {
    view.setQuery({ after }, { push: true });
    history.replaceState({ ...history.state, trail }, "");
    go(after);
    scrollTo({ top: 0 });
  }
  /** After a page was shown: how many rows, and the cursor of the next page. */
  element.show = (rows, cursor, noun) => {
    element.next = cursor;
    const at = trailOf().length;
    const isFirst = !view.get("after", null);
    element.hidden = isFirst && !cursor && rows === 0;
    fill(note, isFirst && !cursor ? count(rows, noun) : `Page ${isFirst ? 1 : at ? at + 1 : "…"} · ${count(rows, noun)} on it`);
    first.hidden = back.hidden = isFirst;
    next.hidden = !cursor;
  };
  return element;
}

function button(label, symbol, onclick) {
  return h("button", { type: "button", class: "button small", onclick }, symbol === "back" && icon("back", { size: 14 }), label, symbol === "next" && icon("next", { size: 14 }));
}
