internal import Glibc
internal import LLMProxyPluginKit

/// What a client's address counts as: an IPv4 address itself, the /64 of an IPv6 address. Who has
/// one IPv6 address has the whole /64 and may use a new one for every request.
struct ClientNetwork {
  private static let textLimit = 46

  /// Hexadecimal digits; for what is no address, its first bytes as they are.
  private(set) var text = InlineArray<16, UInt8>(repeating: 0)
  private(set) var count = 0

  init(_ address: UnsafeRawBufferPointer) {
    if address.count < Self.textLimit, !address.isEmpty {
      withUnsafeTemporaryAllocation(byteCount: Self.textLimit, alignment: 1) { copy in
        copy.copyBytes(from: address)
        copy[address.count] = 0
        guard let text = copy.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
        parse(text)
      }
    }
    if count > 0 { return }
    for byte in address.prefix(text.count) {
      text[count] = byte
      count += 1
    }
  }

  private mutating func parse(_ address: UnsafePointer<CChar>) {
    var four = in_addr()
    if inet_pton(AF_INET, address, &four) == 1 {
      return withUnsafeBytes(of: four) { appendHex($0) }
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, address, &six) == 1 else { return }
    withUnsafeBytes(of: six) { bytes in
      // ::ffff:a.b.c.d is an IPv4 client on a dual-stack socket.
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      appendHex(UnsafeRawBufferPointer(rebasing: isMapped ? bytes[12...] : bytes[..<8]))
    }
  }

  private mutating func appendHex(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes {
      append(digit: byte >> 4)
      append(digit: byte & 0xF)
    }
  }

  private mutating func append(digit: UInt8) {
    text[count] = digit < 10 ? 0x30 + digit : 0x57 + digit
    count += 1
  }
}
