/// The fields that go with every file of the UI.
enum WebFields {
  /// What a page may do. No script, style or data comes from anywhere but here, nothing is inline, no text
  /// becomes markup (Trusted Types without any policy), and nobody frames the page.
  static let contentSecurityPolicy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  /// Sent with every answer below `/admin`, refusals too.
  static let security: [(String, String)] = [
    ("Content-Security-Policy", contentSecurityPolicy),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
  ]

  /// The address contains the hash of the content, so the content never changes.
  static let immutable = ("Cache-Control", "public, max-age=31536000, immutable")
  /// Kept, and asked for again each time; an unchanged file costs a 304.
  static let revalidated = ("Cache-Control", "no-cache")

  /// The media type of a file by its name.
  static func mediaType(_ name: String) -> String {
    switch name.lastIndex(of: ".").map({ name[name.index(after: $0)...] }) {
    case "html": "text/html; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "json", "map": "application/json"
    case "webmanifest": "application/manifest+json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    case "woff2": "font/woff2"
    case "txt": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
  }
}
