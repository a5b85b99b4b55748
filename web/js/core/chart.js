// Charts by Chart.js, fetched when the first one is drawn; behind each one a table with the same figures.
import { h, fill } from "./dom.js";

let loading = null;
/** Chart.js is a classic script that also runs as a module: Trusted Types allow no script element by address. */
const load = () => (loading ??= import(new URL("../../vendor/chart.min.js", import.meta.url).href).then(() => globalThis.Chart));

/** A custom property as a colour that a canvas understands. Where colours are forced, series still differ. */
function colour(name) {
  const probe = h("i", { hidden: true, style: { color: `var(${name})`, "forced-color-adjust": name.startsWith("--series") ? "none" : "auto" } });
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const faint = (rgb, alpha) => rgb.replace(/^rgb\(([^)]+)\)$/, `rgba($1, ${alpha})`);

/**
 * A chart with its table. `series` are `{label, values, colour, kind: "line"|"bar", fill, dash}`;
 * `format` writes a value. `update(labels, values)` draws new figures.
 */
export function chart({ title, labels, series, format = String, stacked = false, view, head = "Time" }) {
  const canvas = h("canvas", { role: "img", "aria-label": `${title}. The same figures are in the table below.` });
  const rows = h("tbody");
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}: table` },
    h("table", { class: "plain" },
      h("caption", null, title),
      h("thead", null, h("tr", null, h("th", { scope: "col" }, head), series.map((s) => h("th", { scope: "col", class: "n" }, s.label)))),
      rows));
  const details = h("details", { ontoggle: () => details.open && table() }, h("summary", null, "Show as a table"), body);
  const figure = h("figure", { class: "chart" }, h("div", { class: "canvas" }, canvas), details);
  let drawn = null;

  function table() {
    fill(rows, labels.map((label, i) =>
      h("tr", null, h("th", { scope: "row" }, label), series.map((s) => h("td", { class: "n" }, s.values[i] == null ? "–" : format(s.values[i]))))));
  }

  async function draw() {
    const Chart = await load();
    if (view.signal.aborted || !canvas.isConnected) return;
    drawn?.destroy();
    drawn = new Chart(canvas, settings());
  }

  function settings() {
    const [text, line] = [colour("--text-3"), colour("--line")];
    return {
      type: series[0].kind ?? "line",
      data: { labels, datasets: series.map(dataset) },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
        interaction: { mode: "index", intersect: false },
        font: { family: getComputedStyle(document.body).fontFamily },
        plugins: {
          legend: { display: series.length > 1, align: "end", labels: { color: text, boxWidth: 10, boxHeight: 10, font: { size: 12 } } },
          tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${format(item.parsed.y)}` } },
        },
        scales: {
          x: { stacked, grid: { display: false }, border: { color: line }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 24, font: { size: 11 } } },
          y: { stacked, beginAtZero: true, grid: { color: line, drawBorder: false }, ticks: { color: text, maxTicksLimit: 5, precision: 0, font: { size: 11 }, callback: (v) => format(v) } },
        },
      },
    };
  }

  function dataset(s, i) {
    const rgb = colour(s.colour ?? `--series-${(i % 6) + 1}`);
    return {
      label: s.label, data: s.values, type: s.kind ?? "line", borderColor: rgb, borderWidth: s.kind === "bar" ? 0 : 1.75, borderDash: s.dash ?? [],
      backgroundColor: s.kind === "bar" ? rgb : faint(rgb, 0.12), fill: s.fill ?? false, pointRadius: s.values.includes(null) ? 1.5 : 0, pointHitRadius: 12, tension: 0.25, borderRadius: 2, maxBarThickness: 28,
    };
  }

  figure.update = (newLabels, values) => {
    labels = newLabels;
    series.forEach((s, i) => (s.values = values[i]));
    if (details.open) table();
    if (!drawn) return;
    drawn.data.labels = labels;
    drawn.data.datasets.forEach((set, i) => (set.data = values[i]));
    drawn.update("none");
  };
  requestAnimationFrame(() => draw().catch(() => fill(canvas.parentElement, h("p", { class: "muted" }, "The chart could not be loaded; the table has the figures."))));
  view.on("app:theme", draw);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw, { signal: view.signal });
  view.signal.addEventListener("abort", () => drawn?.destroy());
  return figure;
}
