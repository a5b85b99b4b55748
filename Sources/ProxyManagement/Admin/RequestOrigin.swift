import ProxyCore

/// Where a browser says that a request comes from.
enum RequestOrigin {
  /// Throws 403 when a page of another site made the browser send this request. Programs send none of these fields,
  /// and no page can change them: `Sec-Fetch-Site` comes over TLS and on loopback, `Origin` with every write.
  static func refuseOtherSites(_ request: ControlRequest) throws(ManagementFault) {
    if let site = request.header("sec-fetch-site")?.lowercased() {
      guard site == "same-origin" || site == "none" else { throw .crossSiteRequest }
    } else if let origin = request.header("origin")?.lowercased() {
      // A server in front may have put its own name for this one into `Host`; a page cannot send the other field
      // elsewhere without being asked for leave first.
      let own = ["host", "x-forwarded-host"].compactMap { request.header($0)?.lowercased() }
      guard own.contains(where: { origin == "http://\($0)" || origin == "https://\($0)" }) else {
        throw .crossSiteRequest
      }
    }
  }
}
