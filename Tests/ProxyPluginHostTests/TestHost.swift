import CLLMProxyPlugin

@testable import ProxyPluginHost

/// A host interface with empty tables that records what instances log.
final class TestHost: Sendable {
  /// `<instance>: <message>` in order.
  let log = Recording<String>()

  /// Tables without functions, as immortal as the header asks for.
  private nonisolated(unsafe) static let tables:
    (
      request: UnsafePointer<llmp_request_api_t>, out: UnsafePointer<llmp_out_api_t>,
      blob: UnsafePointer<llmp_blob_api_t>
    ) = {
      let request = UnsafeMutablePointer<llmp_request_api_t>.allocate(capacity: 1)
      request.initialize(to: llmp_request_api_t())
      let out = UnsafeMutablePointer<llmp_out_api_t>.allocate(capacity: 1)
      out.initialize(to: llmp_out_api_t())
      let blob = UnsafeMutablePointer<llmp_blob_api_t>.allocate(capacity: 1)
      blob.initialize(to: llmp_blob_api_t())
      return (UnsafePointer(request), UnsafePointer(out), UnsafePointer(blob))
    }()

  var interface: HostInterface {
    let log = log
    return HostInterface(
      requestAPI: Self.tables.request, outAPI: Self.tables.out, blobAPI: Self.tables.blob,
      name: "llm-proxy", version: "0.0.0-test", shards: 2,
      service: { $0 == "llmp.store/1" ? UnsafeRawPointer(Self.tables.blob) : nil },
      log: { context, _, message, _ in log.append("\(context.name.string): \(message)") })
  }
}
