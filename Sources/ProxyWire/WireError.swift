/// Why bytes from a peer are refused. Every case means: answer (if there is still someone to answer), then
/// close the connection, because nothing after the refused byte can be trusted to start where we think it
/// does.
public enum WireError: Error, Equatable, Sendable, CaseIterable {
  // The head as a whole.
  case malformedRequestLine
  case malformedStatusLine
  case unknownMethod
  case refusedMethod
  case badTarget
  case targetTooLong
  case unsupportedVersion
  case tooManyEmptyLines
  case incompleteHead
  case headTooLarge
  case tooManyFields
  case bareLineFeed
  case nulByte
  // Field lines.
  case foldedField
  case spaceBeforeColon
  case badFieldName
  case badFieldValue
  // Fields that decide routing and framing.
  case missingHost
  case repeatedHost
  case badHost
  case badContentLength
  case repeatedContentLength
  case unknownTransferCoding
  case repeatedTransferEncoding
  case lengthAndTransferEncoding
  case transferEncodingInOldVersion
  case badConnection
  case unsupportedExpectation
  // Chunked bodies.
  case badChunkSize
  case badChunkExtension
  case chunkExtensionTooLong
  case badChunkEnd
  case badTrailer
  case forbiddenTrailer
  case trailersTooLarge
  // Event streams.
  case eventTooLarge
}

extension WireError {
  /// A sentence for the peer and the log. Holds no byte of the refused input.
  public var reason: StaticString {
    switch self {
    case .malformedRequestLine: "malformed request line"
    case .malformedStatusLine: "malformed status line"
    case .unknownMethod: "unknown method"
    case .refusedMethod: "the method is not allowed"
    case .badTarget: "invalid byte or form in the request target"
    case .targetTooLong: "request line too long"
    case .unsupportedVersion: "HTTP version not supported; use HTTP/1.1"
    case .tooManyEmptyLines: "too many empty lines before the request line"
    case .incompleteHead: "header block is not terminated by an empty line"
    case .headTooLarge: "header block too large"
    case .tooManyFields: "too many header fields"
    case .bareLineFeed: "line feed without carriage return"
    case .nulByte: "NUL byte in the header block"
    case .foldedField: "folded header line"
    case .spaceBeforeColon: "white space before the colon of a header field"
    case .badFieldName: "invalid byte in a header field name"
    case .badFieldValue: "invalid byte in a header field value"
    case .missingHost: "Host field is missing"
    case .repeatedHost: "Host field is repeated"
    case .badHost: "invalid Host field"
    case .badContentLength: "invalid Content-Length"
    case .repeatedContentLength: "Content-Length is repeated"
    case .unknownTransferCoding: "only the transfer coding \"chunked\" is accepted"
    case .repeatedTransferEncoding: "Transfer-Encoding is repeated"
    case .lengthAndTransferEncoding: "both Content-Length and Transfer-Encoding are present"
    case .transferEncodingInOldVersion: "Transfer-Encoding in an HTTP/1.0 message"
    case .badConnection: "invalid Connection field"
    case .unsupportedExpectation: "only the expectation \"100-continue\" is accepted"
    case .badChunkSize: "invalid chunk size"
    case .badChunkExtension: "invalid chunk extension"
    case .chunkExtensionTooLong: "chunk extensions too long"
    case .badChunkEnd: "chunk data is not followed by an empty line"
    case .badTrailer: "invalid trailer field"
    case .forbiddenTrailer: "field not allowed in trailers"
    case .trailersTooLarge: "trailers too large"
    case .eventTooLarge: "server-sent event too large"
    }
  }

  /// The status code for the answer when a client sent the refused bytes (400, 405, 414, 417, 431, 501 or
  /// 505).
  /// Bytes refused from a provider are a 502 whatever this says.
  public var status: UInt16 {
    switch self {
    case .targetTooLong: 414
    case .unsupportedExpectation: 417
    case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
    case .unknownMethod: 501
    case .refusedMethod: 405
    case .unsupportedVersion: 505
    case .eventTooLarge: 502
    default: 400
    }
  }
}
