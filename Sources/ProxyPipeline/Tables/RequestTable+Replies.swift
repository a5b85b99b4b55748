import CLLMProxyPlugin
import NIOCore
import ProxyWire

extension RequestTable {
  static func fillReplies(_ table: inout llmp_request_api_t) {
    table.status_get = { handle, map in
      RequestTable.with(handle, else: 0) { exchange in
        switch map {
        case LLMP_MAP_RESPONSE: return UInt32(exchange.outcome.status)
        case LLMP_MAP_UPSTREAM_RESPONSE: return UInt32(exchange.response.status)
        default: return 0
        }
      }
    }
    table.status_set = { handle, status in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard exchange.phase == .responseHeaders || exchange.phase == .holdingAnswer,
          !exchange.answer.isHeadSent
        else { return LLMP_E_STATE }
        guard (200...599).contains(status) else { return LLMP_E_INVALID }
        exchange.outcome.status = UInt16(status)
        return LLMP_OK
      }
    }
    table.respond = { handle, status, fields, count, body in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.prepareReply(status, fields, Int(clamping: count), Slice(body))
      }
    }
    table.respond_error = { handle, status, type, code, message in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        guard (400...599).contains(status) else { return LLMP_E_INVALID }
        guard exchange.phase != .ended else { return LLMP_E_STATE }
        exchange.replyStream = nil
        exchange.setErrorReply(
          UInt16(status), type: Slice(type), code: Slice(code), message: Slice(message))
        return LLMP_OK
      }
    }
    table.respond_stream = { handle, status, fields, count in
      RequestTable.with(handle, else: LLMP_E_STATE) { exchange in
        return exchange.prepareReplyStream(status, fields, Int(clamping: count))
      }
    }
    table.log = { handle, level, message, fields in
      guard let exchange = RequestTable.open(handle) else { return }
      exchange.loop.state.log.plugin(
        min(level, LLMP_LOG_ERROR), instance: exchange.caller?.name.string ?? "",
        request: exchange.requestID.string, message: Slice(message).string, fields: Slice(fields).string)
    }
  }
}

extension Exchange {
  func prepareReply(
    _ status: UInt32, _ fields: UnsafePointer<llmp_header_t>?, _ count: Int, _ body: Slice
  ) -> llmp_status_t {
    guard phase != .ended else { return LLMP_E_STATE }
    guard (200...599).contains(status), body.count <= 1 << 30 else { return LLMP_E_INVALID }
    guard let kept = keep(fields, count) else { return LLMP_E_INVALID }
    replyStream = nil
    reply = Reply(status: UInt16(status), fields: kept, body: ByteBuffer(bytes: body.bytes))
    return LLMP_OK
  }

  func prepareReplyStream(
    _ status: UInt32, _ fields: UnsafePointer<llmp_header_t>?, _ count: Int
  ) -> llmp_status_t {
    guard phase != .ended else { return LLMP_E_STATE }
    guard (200...599).contains(status), status != 204, status != 304 else { return LLMP_E_INVALID }
    guard let kept = keep(fields, count) else { return LLMP_E_INVALID }
    reply = nil
    replyStream = ReplyStreamState(
      status: UInt16(status), fields: kept, owner: caller?.stage?.index)
    return LLMP_OK
  }

  /// Copies reply fields of a plugin's; nil when one would break framing.
  private func keep(_ fields: UnsafePointer<llmp_header_t>?, _ count: Int) -> ContiguousArray<AddedField>? {
    var kept: ContiguousArray<AddedField> = []
    guard count > 0 else { return kept }
    guard let fields, count <= 256 else { return nil }
    for index in 0..<count {
      let name = Slice(fields[index].name)
      let value = Slice(fields[index].value)
      guard FieldRules.isToken(name.bytes), FieldRules.isFieldValue(value.bytes) else { return nil }
      let known = KnownField(name: name.bytes)
      // Framing is the host's; a plugin that states a length anyway is only ignored.
      if known == .contentLength || known.isHopByHop { continue }
      kept.append(AddedField(name: arena.copy(name.bytes), value: arena.copy(value.bytes)))
    }
    return kept
  }
}
