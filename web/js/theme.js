// Runs before the first paint: a chosen theme must not flash the other one.
(() => {
  try {
    const theme = JSON.parse(localStorage.getItem("llm-proxy.theme") || "null");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // No storage: the system's choice stands.
  }
})();
