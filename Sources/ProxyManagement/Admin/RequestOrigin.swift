import ProxyCore

/// Where a browser says that a request comes from.
enum RequestOrigin {
  /// Throws 403 when a page of another site made the browser send this request. Programs do not send the
  /// field; browsers always do over TLS and on loopback, and no page can change it.
  static func refuseOtherSites(_ request: ControlRequest) throws(ManagementFault) {
    guard let site = request.header("sec-fetch-site")?.lowercased() else { return }
    guard site == "same-origin" || site == "none" else { throw .crossSiteRequest }
  }
}
