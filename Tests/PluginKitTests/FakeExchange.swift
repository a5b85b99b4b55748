import CLLMProxyPlugin

/// One request as a fake host keeps it. What it lends is overwritten when the hook has returned, so
/// that a plugin which keeps a slice is found out.
final class FakeExchange: @unchecked Sendable {
  // Hooks of one request are serialized, and so are the tests that look at it.
  typealias Line = (name: String, value: [UInt8])

  let host: FakeHost
  let handle = UnsafeMutablePointer<llmp_req_t>.allocate(capacity: 1)
  let slot = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: 1)
  var headers: [llmp_map_t: [Line]] = [:]
  var attributes: [llmp_attr_t: [UInt8]] = [:]
  var texts: [llmp_key_t: [UInt8]] = [:]
  var integers: [llmp_key_t: Int64] = [:]
  var bodies: [llmp_map_t: [UInt8]] = [:]
  var facts = llmp_exchange_t()
  var usage: llmp_usage_t?
  var selectedAPI = 0
  var heldLimits: [String] = []
  var output: [String] = []
  var resumed: [UInt64] = []
  /// Raw values of the JSON body by pointer, each as often as the body repeats it.
  var members: [String: [String]] = [:]
  /// What the request is under.
  var policies: [llmp_policy_t] = []
  var appliedPolicies: UInt32 = 0
  /// What the plugin answered itself.
  var reply: Reply?
  private var lent: [UnsafeMutableRawBufferPointer] = []

  struct Reply: Equatable {
    var status: UInt32
    var code = ""
    var type = ""
    var message = ""
    var body: [UInt8] = []
  }

  init(
    _ host: FakeHost, method: String = "POST", path: String = "/v1/chat/completions",
    headers: [(String, String)] = []
  ) {
    self.host = host
    slot.initialize(to: nil)
    handle.initialize(to: llmp_req_t(opaque_: nil))
    handle.pointee.opaque_ = Unmanaged.passUnretained(self).toOpaque()
    attributes[LLMP_ATTR_METHOD] = Array(method.utf8)
    attributes[LLMP_ATTR_PATH] = Array(path.utf8)
    self.headers[LLMP_MAP_REQUEST] = headers.map { ($0.lowercased(), Array($1.utf8)) }
  }

  deinit {
    takeBack()
    handle.deallocate()
    slot.deallocate()
  }

  func lend(_ bytes: [UInt8]) -> llmp_str_t {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    memory.copyBytes(from: bytes)
    lent.append(memory)
    return llmp_str_t(ptr: memory.baseAddress?.assumingMemoryBound(to: CChar.self), len: bytes.count)
  }

  func takeBack() {
    for memory in lent {
      for index in memory.indices { memory[index] = 0xDD }
      memory.deallocate()
    }
    lent = []
  }

  /// All values of a response header.
  func responseHeader(_ name: String) -> [String] {
    (headers[LLMP_MAP_RESPONSE] ?? []).filter { $0.name == name }
      .map { String(decoding: $0.value, as: UTF8.self) }
  }

  static func of(_ request: UnsafeMutablePointer<llmp_req_t>?) -> FakeExchange? {
    request?.pointee.opaque_.map { Unmanaged<FakeExchange>.fromOpaque($0).takeUnretainedValue() }
  }
}

extension llmp_str_t {
  var bytes: [UInt8] {
    Array(UnsafeRawBufferPointer(start: ptr, count: ptr == nil ? 0 : len))
  }
  var text: String { String(decoding: bytes, as: UTF8.self) }
  /// False for bytes that would break framing.
  var isHeaderValue: Bool { !bytes.contains { $0 == 0 || $0 == 10 || $0 == 13 } }
}
