import NIOCore
import ProxyCore

/// An answer of our own: a refusal, a stage's reply, a fault.
struct Reply {
  var status: UInt16
  /// Fields beside framing, `date` and `x-request-id`; slices live in the exchange's arena.
  var fields: ContiguousArray<AddedField> = []
  var body = ByteBuffer()
  var isError = false
}

/// An answer of our own that is written bit by bit by a plugin (`respond_stream`).
struct ReplyStreamState {
  var status: UInt16
  var fields: ContiguousArray<AddedField>
  /// The stage that writes it; nil = the adapter.
  var owner: Int?
  var isWaitingForRoom = false
}

/// Error bodies.
///
/// `error` is the object that OpenAI's SDKs read; `code` and `description` beside it are what clients of the
/// Go version read. A client that says neither what it is (`User-Agent`) nor what it takes (`Accept`) is a
/// bare script of that version: it gets that version's `error`, a sentence.
enum FaultText {
  static func body(
    type: Slice, code: Slice, message: Slice, description: Slice, isBare: Bool
  ) -> ByteBuffer {
    var out = ByteBufferAllocator().buffer(capacity: 256)
    out.writeStaticString("{\"error\":")
    if isBare {
      appendString(message, to: &out)
    } else {
      out.writeStaticString("{\"message\":")
      appendString(message, to: &out)
      out.writeStaticString(",\"type\":")
      appendString(type, to: &out)
      out.writeStaticString(",\"param\":null,\"code\":")
      appendString(code, to: &out)
      out.writeStaticString("}")
    }
    out.writeStaticString(",\"code\":")
    appendString(code, to: &out)
    if !description.isEmpty {
      out.writeStaticString(",\"description\":")
      appendString(description, to: &out)
    }
    out.writeStaticString("}\n")
    return out
  }

  /// An error in the middle of an event stream; the empty line first ends an event that was cut short.
  static func event(_ fault: GatewayFault) -> ByteBuffer {
    var out = ByteBufferAllocator().buffer(capacity: 256)
    out.writeString(
      "\n\ndata: {\"error\":{\"message\":\"\(fault.message)\",\"type\":\"\(fault.type)\",\"param\":null,"
        + "\"code\":\"\(fault.code)\"}}\n\n")
    return out
  }

  /// A JSON string. Control characters are escaped, bytes that are not UTF-8 replaced.
  static func appendString(_ text: Slice, to out: inout ByteBuffer) {
    out.writeInteger(UInt8(ascii: "\""))
    for scalar in text.string.unicodeScalars {
      switch scalar {
      case "\"": out.writeStaticString("\\\"")
      case "\\": out.writeStaticString("\\\\")
      case "\n": out.writeStaticString("\\n")
      case "\u{0}"..<" ":
        let hex = String(scalar.value, radix: 16)
        out.writeString("\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex)
      default: out.writeString(String(scalar))
      }
    }
    out.writeInteger(UInt8(ascii: "\""))
  }
}
