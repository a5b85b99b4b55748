// What this browser remembers: theme, single-key shortcuts, last choices. Never a secret.

const PREFIX = "llm-proxy.";

/** The remembered value, or `fallback`. */
export function pref(name, fallback = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** Remembers a value; without storage it lasts as long as the page. */
export function setPref(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is switched off: nothing to remember, nothing broken.
  }
}

/** The theme in force by choice: "light", "dark", or null for the system's. */
export const chosenTheme = () => pref("theme");

/** Chooses the theme; `null` goes with the system. */
export function chooseTheme(theme) {
  setPref("theme", theme);
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.dispatchEvent(new CustomEvent("app:theme"));
}

/** True when what is on the screen is dark. */
export const isDark = () =>
  chosenTheme() ? chosenTheme() === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
