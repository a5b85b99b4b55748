// A word-sized picture of a course: bars, newest at the right. The words beside it say the same.
import { svg } from "../core/dom.js";

/** `values` as bars in `width` × `height`; `label` says what they are. */
export function sparkline(values, label, { width = 84, height = 20 } = {}) {
  const top = Math.max(...values, 1);
  const step = width / Math.max(values.length, 1);
  const bars = values.map((v, i) => {
    const tall = v > 0 ? Math.max(1.5, (v / top) * (height - 1)) : 1;
    return svg("rect", { x: (i * step).toFixed(2), y: (height - tall).toFixed(2), width: Math.max(1, step - 1.5).toFixed(2), height: tall.toFixed(2), rx: 0.75, fill: "currentColor", opacity: v > 0 ? 1 : 0.25 });
  });
  return svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, svg("title", null, label), bars);
}
