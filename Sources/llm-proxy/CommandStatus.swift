import ArgumentParser

/// The codes that commands end with; docs/cli.md explains them to scripts.
enum CommandStatus: Int32, CaseIterable {
  /// Done.
  case success = 0
  /// Failed, for a reason that has no code of its own.
  case failure = 1
  /// No answer: the server cannot be reached, or the connection broke.
  case unreachable = 2
  /// The credentials are missing, wrong or not enough (401, 403).
  case denied = 3
  /// What was named does not exist (404).
  case notFound = 4
  /// It exists already, or has changed meanwhile (409, 412).
  case conflict = 5
  /// The server refused the request as wrong (other 4xx).
  case refused = 6
  /// Not now: too many requests, or the server cannot do it at the moment (429, 503).
  case busy = 7
  /// Wrong usage (`EX_USAGE`).
  case usage = 64
  /// Settings that cannot be used (`EX_CONFIG`).
  case configuration = 78
  /// Ended by Ctrl-C (128 + SIGINT).
  case interrupted = 130
  /// Whoever read the output has gone (128 + SIGPIPE).
  case outputClosed = 141

  /// The code in the parser's form.
  var code: ExitCode { ExitCode(rawValue) }

  /// What an HTTP status that is no success means.
  init(httpStatus: Int) {
    switch httpStatus {
    case 401, 403: self = .denied
    case 404, 410: self = .notFound
    case 409, 412: self = .conflict
    case 429, 503: self = .busy
    case 400..<500: self = .refused
    default: self = .failure
    }
  }
}
