extension EnvironmentVariable {
  /// Variables of the admin UI, on the proxy's port and on one of its own.
  static let admin: [EnvironmentVariable] = [
    .init("ADMIN_UI_ENABLED", .admin, .boolean, "true", "Serve the UI at `/admin/` on the proxy's port."),
    .init(
      "LLM_PROXY_WEB_DIR", .admin, .file, "",
      "Folder with the UI's files; if not set, `web` beside the program's `bin` folder, else `./build/web`."),
    .init(
      "ADMIN_USER", .admin, .text, "",
      "Name for the UI's login and for HTTP Basic; needs `ADMIN_PASSWORD`. The management token signs in too."
    ),
    .init("ADMIN_PASSWORD", .admin, .secret, "", "Password of `ADMIN_USER`."),
    .init(
      "ADMIN_VIEWER_USER", .admin, .text, "",
      "Name of a second account that may look and not change; needs `ADMIN_VIEWER_PASSWORD`."),
    .init("ADMIN_VIEWER_PASSWORD", .admin, .secret, "", "Password of `ADMIN_VIEWER_USER`."),
    .init("ADMIN_SESSION_IDLE", .admin, .duration, "30m", "A session not used for this long ends."),
    .init("ADMIN_SESSION_LIFETIME", .admin, .duration, "8h", "A session ends after this in any case."),
    .init(
      "LOGIN_ATTEMPTS", .admin, .count(1...1_000_000), "10",
      "Wrong credentials that an address may show in a minute before it gets 429, at `/manage`, `/admin` and "
        + "`/self`."),
    .init(
      "ADMIN_UI_LISTEN_ADDR", .admin, .address, ":8081",
      "Address of `llm-proxy admin`, which serves the UI on a port of its own."),
    .init(
      "ADMIN_UI_API_BASE_URL", .admin, .url, "http://localhost:8080",
      "The server that `llm-proxy admin` talks to."),
    .init(
      "ADMIN_UI_PATH", .admin, .path, "/admin", "Its path.", .withoutEffect("the UI is always at /admin/")),
    .init(
      "ADMIN_UI_TEMPLATE_DIR", .admin, .file, "", "Templates of the Go program's UI.",
      .withoutEffect("the UI has no templates")),
  ]
}
