// Tables: sortable heads that say so, rows that open by mouse and by key, cards on narrow screens, selection.
import { h, fill } from "../core/dom.js";
import { icon } from "../core/icons.js";

/**
 * A table. `columns` are `{key, label, cell(row), num, main, sort, wide, fit, two}`: `main` is the cell that names the
 * row, `sort` the server's name for the order, `wide` is left out where there is no room.
 * `rows(list)` shows rows; `address(row)` is where a row leads; `selection` is a set of keys.
 */
export function dataTable({ caption, columns, key, address = null, sort = null, onSort = null, selection = null, onSelect = null, className = "" }) {
  const body = h("tbody", { role: "rowgroup" });
  const all = selection && h("input", { type: "checkbox", "aria-label": "Select all rows on this page", onchange: () => selectAll(all.checked) });
  const head = h("tr", { role: "row" },
    selection && h("th", { role: "columnheader", class: "fit", scope: "col" }, all),
    columns.map((column) => headCell(column, sort, onSort)));
  const table = h("table", { role: "table", class: `fold-rows ${className}` }, h("caption", null, caption), h("thead", { role: "rowgroup" }, head), body);
  const element = h("div", { class: "table-wrap" }, table);
  // What scrolls sideways must be reachable by keyboard.
  new ResizeObserver(() => (element.scrollWidth > element.clientWidth ? (element.tabIndex = 0) : element.removeAttribute("tabindex"))).observe(table);
  let shown = [];

  element.rows = (list) => {
    shown = list;
    fill(body, list.map((row) => rowOf(row)));
    mark();
  };
  /** Puts rows on top, set off for a moment when `isCalm`, and lets go of those beyond `limit`. */
  element.prepend = (list, limit, isCalm = true) => {
    const fresh = list.map((row) => rowOf(row));
    if (isCalm) fresh.forEach((row) => (row.dataset.fresh = ""));
    body.prepend(...fresh);
    while (body.childElementCount > limit) body.lastElementChild.remove();
  };
  /** Puts rows below. */
  element.append = (list) => body.append(...list.map((row) => rowOf(row)));
  element.mark = mark;

  function rowOf(row) {
    const id = key ? key(row) : null;
    const target = address?.(row);
    return h("tr", { role: "row", class: target ? "open" : null, dataset: id ? { key: id } : {}, onclick: target ? (event) => open(event) : null },
      selection && h("td", { role: "cell", class: "pick fit" }, h("input", {
        type: "checkbox", "aria-label": `Select ${nameOf(row)}`, ".checked": selection.has(id),
        onchange: (event) => {
          event.target.checked ? selection.add(id) : selection.delete(id);
          mark();
          onSelect?.();
        },
      })),
      columns.map((column) => cellOf(column, row)));
  }

  function nameOf(row) {
    const main = columns.find((c) => c.main);
    return main?.text?.(row) ?? key?.(row) ?? "row";
  }

  function mark() {
    if (!selection) return;
    const ids = shown.map(key);
    const chosen = ids.filter((id) => selection.has(id)).length;
    all.checked = chosen > 0 && chosen === ids.length;
    all.indeterminate = chosen > 0 && chosen < ids.length;
    for (const row of body.rows) row.querySelector(".pick input").checked = selection.has(row.dataset.key);
  }

  function selectAll(on) {
    shown.forEach((row) => (on ? selection.add(key(row)) : selection.delete(key(row))));
    mark();
    onSelect?.();
  }
  return element;
}

function open(event) {
  if (event.target.closest("a, button, input, label, select") || getSelection()?.toString()) return;
  const anchor = event.currentTarget.querySelector("td.main a, td a");
  if (!anchor) return;
  if (event.metaKey || event.ctrlKey) globalThis.open(anchor.href, "_blank", "noopener");
  else anchor.click();
}

function cellOf(column, row) {
  const content = column.cell(row);
  const isVoid = content === null || content === undefined || content === "";
  const classes = [column.num && "n", column.main && "main", column.wide && "wide", column.fit && "fit", column.two && "two", isVoid && "void", column.className].filter(Boolean).join(" ");
  return h("td", { role: "cell", class: classes || null, "data-label": column.label }, content instanceof Node ? content : isVoid ? null : h("span", null, content));
}

function headCell(column, sort, onSort) {
  const isSorted = column.sort && sort?.by === column.sort;
  const direction = isSorted ? (sort.order === "asc" ? "ascending" : "descending") : "none";
  const classes = [column.num && "n", column.wide && "wide", column.fit && "fit"].filter(Boolean).join(" ");
  return h("th", { role: "columnheader", scope: "col", class: classes || null, "aria-sort": column.sort ? direction : null },
    column.sort
      ? h("button", { type: "button", onclick: () => onSort({ by: column.sort, order: isSorted && sort.order === "desc" ? "asc" : "desc" }) },
        column.label, icon(isSorted ? (sort.order === "asc" ? "up" : "down") : "sort", { size: 12 }))
      : column.label);
}

/** A small table of text, one row per list: heads and rows. The first cell of a row names it. */
export function plainTable(caption, heads, rows) {
  return h("div", { class: "sheet", tabindex: 0, role: "region", "aria-label": caption },
    h("table", { class: "plain" },
      h("caption", null, caption),
      h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col", class: head.num ? "n" : null }, head.label ?? head)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, i) => i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: heads[i]?.num ? "n" : null }, cell)))))));
}
