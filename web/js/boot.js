// Runs before the first paint, and before there are modules: a chosen theme must not flash the other one, and what
// the first page will ask for is asked at once. Without it everything works, later.
(() => {
  const remembered = (name) => {
    try {
      return JSON.parse(localStorage.getItem(`llm-proxy.${name}`) || "null");
    } catch {
      return null; // No storage: the system's theme stands, and nobody is signed in.
    }
  };
  const theme = remembered("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (!remembered("signed-in")) return;
  const range = new URLSearchParams(location.search).get("range") ?? "1h";
  const addresses = ["/admin/session", ...(/^\/admin\/?$/.test(location.pathname) ? [`/manage/overview?range=${encodeURIComponent(range)}`] : [])];
  globalThis.askedEarly = new Map(addresses.map((address) => [address, fetch(address, { credentials: "same-origin", headers: { accept: "application/json" }, cache: "no-store" })]));
  globalThis.askedEarly.forEach((answer) => answer.catch(() => {})); // Who takes the answer sees the failure.
})();
