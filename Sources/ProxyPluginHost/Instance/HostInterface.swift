public import CLLMProxyPlugin

/// What the layer above puts behind the host tables that plugins see.
///
/// `@unchecked Sendable`: the three tables are immutable and live as long as the process.
public struct HostInterface: @unchecked Sendable {
  /// Functions on a request. Must outlive every instance.
  public var requestAPI: UnsafePointer<llmp_request_api_t>
  /// Functions on a stream writer. Must outlive every instance.
  public var outAPI: UnsafePointer<llmp_out_api_t>
  /// Functions on blobs. Must outlive every instance.
  public var blobAPI: UnsafePointer<llmp_blob_api_t>
  /// The table of a service id such as `llmp.store/1`, or `nil` when this host does not serve it. Called on
  /// any thread; the answer for an id never changes.
  public var service: @Sendable (_ id: String) -> UnsafeRawPointer?
  /// Takes a log line of an instance; called on any thread. `fieldsJSON` may be empty and is not validated.
  public var log:
    @Sendable (_ instance: InstanceContext, _ level: llmp_level_t, _ message: String, _ fieldsJSON: String)
      -> Void
  /// Called once for each instance, before its `create`: an object the host's services may keep with the
  /// instance (`InstanceContext.attachment`).
  public var attachment: @Sendable (_ instance: InstanceContext) -> (any AnyObject & Sendable)?
  /// Product name and version that plugins see; for logs only.
  public var name: String
  /// See `name`.
  public var version: String
  /// How many threads call hooks; the counters of an instance have one shard for each (`HookMeter`).
  public var shards: Int

  /// Creates the interface.
  public init(
    requestAPI: UnsafePointer<llmp_request_api_t>,
    outAPI: UnsafePointer<llmp_out_api_t>,
    blobAPI: UnsafePointer<llmp_blob_api_t>,
    name: String, version: String, shards: Int,
    service: @escaping @Sendable (_ id: String) -> UnsafeRawPointer?,
    log: @escaping @Sendable (InstanceContext, llmp_level_t, String, String) -> Void,
    attachment: @escaping @Sendable (InstanceContext) -> (any AnyObject & Sendable)? = { _ in nil }
  ) {
    self.requestAPI = requestAPI
    self.outAPI = outAPI
    self.blobAPI = blobAPI
    self.name = name
    self.version = version
    self.shards = shards
    self.service = service
    self.log = log
    self.attachment = attachment
  }
}
