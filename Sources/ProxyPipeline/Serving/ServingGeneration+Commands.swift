import CLLMProxyPlugin
import NIOCore
import ProxyPluginHost

/// Why a stage could not do what it was told.
public struct CommandFailure: Error, Equatable {
  /// Name of the stage.
  public var stage: String
  /// True when the operator asked for something that cannot be done; false when the stage failed.
  public var isInvalid: Bool
  /// The stage's own words.
  public var message: String

  /// Makes a failure from its parts.
  public init(stage: String, isInvalid: Bool, message: String) {
    self.stage = stage
    self.isInvalid = isInvalid
    self.message = message
  }
}

extension ServingGeneration {
  /// Most bytes of an answer to a command.
  private static let answerLimit = 1 << 20

  /// Whether some stage carries out the command. Any thread.
  public func offers(_ command: String) -> Bool {
    stages.contains { Self.command(command, of: $0) != nil }
  }

  /// Has every stage that offers the command carry it out, in the order of the chain; blocks as long as they do.
  ///
  /// - Parameter json: handed to the stages as it is.
  /// - Returns: the JSON text that each of them wrote.
  public func run(_ command: String, json: String) throws(CommandFailure) -> [String] {
    // Destruction waits for the pin: no stage goes away under its command.
    guard generation.pin() else { return [] }
    defer { generation.unpin() }
    var answers: [String] = []
    for stage in stages {
      guard let run = Self.command(command, of: stage) else { continue }
      answers.append(try Self.run(run, command, json, of: stage))
    }
    return answers
  }

  private static func command(_ name: String, of stage: StageInstance) -> llmp_command_fn? {
    (stage.context.attachment as? InstanceServices)?.commands.command(name)
  }

  private static func run(
    _ run: llmp_command_fn, _ command: String, _ json: String, of stage: StageInstance
  ) throws(CommandFailure) -> String {
    let sink = OutSink(limit: answerLimit)
    var error = llmp_err_t()
    error.struct_size = UInt32(MemoryLayout<llmp_err_t>.size)
    let status = command.withSlice { name in
      json.withSlice { json in
        withUnsafeMutablePointer(to: &error) { run(stage.inst, name.text, json.text, sink.handle, $0) }
      }
    }
    guard status == LLMP_OK else {
      let message = withUnsafeBytes(of: error.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw CommandFailure(stage: stage.name, isInvalid: status == LLMP_E_INVALID, message: message)
    }
    return String(buffer: sink.bytes)
  }
}
