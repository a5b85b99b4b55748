import CLLMProxyPlugin
import ProxyPluginHost

/// Which stages have which hook, as bit sets by position: a hook that nobody implements costs one test.
struct ChainFacts: Sendable {
  /// A chain has at most this many stages.
  static let mostStages = 64

  var requestHeaders: UInt64 = 0
  var requestBody: UInt64 = 0
  var needsRequestBody: UInt64 = 0
  var consumesModel: UInt64 = 0
  var responseHeaders: UInt64 = 0
  var responseBody: UInt64 = 0
  var responseSSE: UInt64 = 0
  var responseChunk: UInt64 = 0
  /// Stages that only look at the bytes that pass them.
  var responseTap: UInt64 = 0
  var responseEnd: UInt64 = 0
  var requestDone: UInt64 = 0
  /// Stages without request hooks: they only look on, and are told of every exchange, denied ones too.
  var observers: UInt64 = 0
  /// Stages that see only some exchanges.
  var conditional: UInt64 = 0

  init(_ stages: [StageInstance]) {
    for (index, stage) in stages.enumerated() {
      let bit: UInt64 = 1 << UInt64(index)
      let table = stage.vtable
      if table.request_headers != nil { requestHeaders |= bit }
      if table.request_body != nil { requestBody |= bit }
      if stage.needsRequestBody { needsRequestBody |= bit }
      if stage.consumesModel { consumesModel |= bit }
      if table.response_headers != nil { responseHeaders |= bit }
      if table.response_body != nil, stage.needsResponseBody { responseBody |= bit }
      if table.response_sse != nil { responseSSE |= bit }
      if table.response_chunk != nil {
        if stage.tapsResponse { responseTap |= bit } else { responseChunk |= bit }
      }
      if table.response_end != nil { responseEnd |= bit }
      if table.request_done != nil { requestDone |= bit }
      if table.request_headers == nil, table.request_body == nil { observers |= bit }
      if stage.when != nil { conditional |= bit }
    }
  }
}
