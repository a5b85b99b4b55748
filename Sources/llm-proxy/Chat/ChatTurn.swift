import ProxyClient
import ProxyCore
import ProxyWire

/// The answer to one message, while it comes. Belongs to one thread.
final class ChatTurn {
  /// A longer answer that is no stream is not taken.
  private static let limitBytes = 16 << 20

  /// What has been said so far, as the model said it.
  private(set) var answer = ""
  /// Why the answer ended before its end; `nil` while there is no reason.
  private(set) var failure: CommandFailure?
  private let show: (String) -> Void
  private var splitter = SSESplitter(limitBytes: 4 << 20)
  private var gathered: [UInt8] = []
  private var isStream = false
  private var usage: JSONValue?

  /// Hands what is to be shown to `show`.
  init(show: @escaping (String) -> Void) {
    self.show = show
  }

  /// Takes bytes of the body; false when no more are wanted.
  func take(_ bytes: UnsafeRawBufferPointer, status: Int, type: String) -> Bool {
    isStream = status == 200 && type.lowercased().hasPrefix("text/event-stream")
    guard isStream else {
      gathered.append(contentsOf: bytes)
      if gathered.count > Self.limitBytes {
        failure = CommandFailure(.failure, "the answer is larger than \(Self.limitBytes) bytes")
      }
      return failure == nil
    }
    do { try splitter.feed(bytes) { take($0) } } catch {
      failure = CommandFailure(.failure, "an event of the stream is too large")
    }
    return failure == nil
  }

  /// Called at the end of the answer. Throws when it was a refusal.
  func end(_ transfer: Transfer) throws(CommandFailure) {
    if isStream {
      splitter.finish { take($0) }
    } else {
      let document = try? JSONReader.firstValue(of: gathered)  // what is not JSON is told below
      guard (200..<300).contains(transfer.status) else { throw Self.refusal(transfer, document) }
      guard let document,
        let text = document.value(at: "choices")?.elements?.first?.value(at: "message.content")
      else {
        throw CommandFailure(
          .failure, "the answer is not a chat completion; is this the address of llm-proxy?")
      }
      usage = document["usage"]
      say(text.stringValue ?? "")
    }
    if let failure { throw failure }
  }

  private func take(_ event: SSEEvent) {
    guard failure == nil, !event.isDone, let document = try? JSONReader.firstValue(of: Array(event.data))
    else { return }
    if let error = document["error"], error != .null {
      failure = CommandFailure(.failure, Self.sentence(document) ?? "the provider reported an error")
      return
    }
    if let figures = document["usage"], figures != .null { usage = figures }
    say(document["choices"]?.elements?.first?.value(at: "delta.content")?.stringValue ?? "")
  }

  private func say(_ text: String) {
    guard !text.isEmpty else { return }
    answer += text
    // A model's words must not move the cursor.
    show(Terminal.visible(text, keepsLines: true))
  }

  /// Times and token counts in one line.
  func summary(_ transfer: Transfer) -> String {
    var parts = [
      "first byte \(Figure.milliseconds(transfer.timeToFirstByte)) ms",
      "total \(Figure.milliseconds(transfer.totalTime)) ms",
    ]
    if let input = usage?["prompt_tokens"]?.integerValue,
      let output = usage?["completion_tokens"]?.integerValue
    {
      parts.append("\(input) + \(output) tokens")
    }
    if let id = transfer.header("x-request-id") { parts.append("request \(Terminal.visible(id))") }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  private static func refusal(_ transfer: Transfer, _ document: JSONValue?) -> CommandFailure {
    let status = CommandStatus(httpStatus: transfer.status)
    guard let sentence = document.flatMap(sentence) else {
      return CommandFailure(
        status, "the proxy answered status \(transfer.status); is this the address of llm-proxy?")
    }
    return CommandFailure(status, sentence)
  }

  /// Message and code of an error, in OpenAI's shape or the plain one.
  private static func sentence(_ document: JSONValue) -> String? {
    let error = document["error"]
    guard let message = error?["message"]?.stringValue ?? error?.stringValue else { return nil }
    let code = error?["code"]?.stringValue ?? document["code"]?.stringValue
    return Terminal.visible(message) + (code.map { " (\(Terminal.visible($0)))" } ?? "")
  }
}
