// The icons: strokes on a 24 × 24 grid, in the colour of the text around them.
import { svg } from "./dom.js";

const PATHS = {
  leaf: "M4 21C4 11 10 5 21 4c0 10-5 16-13 15.5M4 21c1.500-6 5-9.500 10-11.500",
  overview: "M3 3h7v9H3zM14 3h7v5h-7zM14 12h7v9h-7zM3 16h7v5H3z",
  requests: "M22 12h-4l-3 9L9 3l-3 9H2",
  usage: "M3 3v18h18M8 17v-5M13 17V8M18 17v-8",
  projects: "M4 20h16a2 2 0 0 0 2-2V8a2 2 0 0 0-2-2h-7.900a2 2 0 0 1-1.700-.9l-.8-1.200A2 2 0 0 0 7.900 3H4a2 2 0 0 0-2 2v13a2 2 0 0 0 2 2z",
  tokens: "M13 15.500a5.500 5.500 0 1 1-11 0 5.500 5.500 0 0 1 11 0zM11.400 11.600 21 2M15.500 7.500l3 3L22 7l-3-3",
  audit: "M12 22s8-4 8-10V5l-8-3-8 3v7c0 6 8 10 8 10zM9 12l2 2 4-4",
  pipeline: "M3 4h6v6H3zM15 14h6v6h-6zM9 7h5a4 4 0 0 1 4 4v3",
  providers: "M3 4h18v7H3zM3 14h18v7H3zM7 7.500h.01M7 17.500h.01",
  playground: "M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z",
  settings: "M4 21v-7M4 10V3M12 21v-9M12 8V3M20 21v-5M20 12V3M1 14h6M9 8h6M17 16h6",
  search: "M19 11a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM21 21l-4.300-4.300",
  plus: "M12 5v14M5 12h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M20 6 9 17l-5-5",
  close: "M18 6 6 18M6 6l12 12",
  next: "M9 18l6-6-6-6",
  back: "M15 18l-6-6 6-6",
  down: "M6 9l6 6 6-6",
  up: "M18 15l-6-6-6 6",
  sort: "M8 9l4-4 4 4M16 15l-4 4-4-4",
  sun: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM12 2v2M12 20v2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M2 12h2M20 12h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  moon: "M21 12.800A9 9 0 1 1 11.200 3a7 7 0 0 0 9.800 9.800z",
  auto: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 3v18M12 7h5.500M12 12h9M12 17h5.500",
  pause: "M9 5v14M15 5v14",
  play: "M7 4l13 8-13 8z",
  menu: "M4 6h16M4 12h16M4 18h16",
  out: "M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9",
  help: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM9.500 9a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700M12 17h.01",
  warn: "M12 3 2 20.500h20zM12 10v4.500M12 17.500h.01",
  info: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 16v-5M12 8h.01",
  bad: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM15 9l-6 6M9 9l6 6",
  ok: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM8.500 12l2.500 2.500 4.500-5",
  clock: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 7v5l3 2",
  ban: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM5.600 5.600l12.800 12.800",
  download: "M12 3v12M7 10l5 5 5-5M4 21h16",
  refresh: "M21 4v6h-6M3 20v-6h6M20 10A8 8 0 0 0 6 6.500L3 9M4 14a8 8 0 0 0 14 3.500l3-2.500",
  edit: "M12 20h9M16.500 3.500a2.100 2.100 0 0 1 3 3L7 19l-4 1 1-4z",
  trash: "M3 6h18M8 6V4h8v2M6 6l1 15h10l1-15M10 11v6M14 11v6",
  send: "M22 2 11 13M22 2l-7 20-4-9-9-4z",
  stop: "M6 6h12v12H6z",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  arrow: "M5 12h14M13 6l6 6-6 6",
  stream: "M3 7c3-3 6 3 9 0s6 3 9 0M3 13c3-3 6 3 9 0s6 3 9 0M3 19c3-3 6 3 9 0s6 3 9 0",
};

/** The icon of this name; decorative unless `label` says what it means. */
export function icon(name, { size = 16, label = null } = {}) {
  return svg(
    "svg",
    {
      width: size, height: size, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.75,
      "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": label ? null : "true",
      role: label ? "img" : null, "aria-label": label, focusable: "false",
    },
    svg("path", { d: PATHS[name] ?? PATHS.info }),
  );
}
