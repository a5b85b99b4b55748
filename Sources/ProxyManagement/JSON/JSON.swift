internal import ProxyCore

/// The documents of requests and answers.
typealias JSONValue = ProxyCore.JSONValue

/// The reader of request bodies.
typealias JSONReader = ProxyCore.JSONReader
