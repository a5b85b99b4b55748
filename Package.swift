// swift-tools-version: 6.1
import PackageDescription

/// Unit tests look inside modules in the release configuration that ships; `make unit` asks for it, since the
/// shipped build must not pay for open internals.
let isTesting = Context.environment["LLM_PROXY_TESTING"] != nil
let testability: [SwiftSetting] = isTesting ? [.unsafeFlags(["-enable-testing"])] : []

let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-warnings-as-errors"]),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
  ] + testability

extension Target.Dependency {
  static let nio = product(name: "NIOCore", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
  static let log = product(name: "Logging", package: "swift-log")
  static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let grdb = product(name: "GRDB", package: "GRDB.swift")
  static let yams = product(name: "Yams", package: "Yams")
  static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
}

/// One layer of the program; `Tests/LayerTests` checks what may import what.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

let isSanitized = Context.environment["LLM_PROXY_SANITIZER"] != nil

/// A plugin shows one symbol, its entry function, and leaves none undefined.
let oneExport: [LinkerSetting] = [
  .unsafeFlags([
    "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exports.map",
    "-Xlinker", "--exclude-libs=ALL",
  ]),
  // Instrumented plugins find the sanitizer in the program that loads them.
  .unsafeFlags(isSanitized ? [] : ["-Xlinker", "-z", "-Xlinker", "defs"]),
]

let cFlags: [CSetting] = [
  .headerSearchPath("../../Plugins/common"),
  .unsafeFlags(["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]),
]

/// A plugin in C on the bare header; its sources are in `path`.
func cPlugin(_ target: String, _ path: String) -> Target {
  .target(
    name: target, dependencies: ["CLLMProxyPlugin"], path: path, cSettings: cFlags,
    linkerSettings: oneExport + [.linkedLibrary("jansson")])
}

/// A plugin in Swift on the kit; its sources are in `path`.
func swiftPlugin(_ target: String, _ path: String) -> Target {
  .target(
    name: target, dependencies: ["CLLMProxyPlugin", "LLMProxyPluginKit"], path: path, swiftSettings: strict,
    linkerSettings: oneExport)
}

func sharedLibrary(_ name: String, _ target: String) -> Product {
  .library(name: name, type: .dynamic, targets: [target])
}

func tests(
  of name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let tests: [Target] = [
  .target(
    name: "WireFuzz", dependencies: ["ProxyWire"], path: "Tests/Fuzz", exclude: ["README.md"],
    swiftSettings: strict),
  .executableTarget(
    name: "WireBench", dependencies: ["ProxyWire"], path: "Tests/WireBench", swiftSettings: strict),
  tests(
    of: "ProxyWireTests",
    [
      "ProxyWire", "WireFuzz", .nio, .product(name: "NIOEmbedded", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
    ], exclude: ["Corpus"]),
  tests(of: "ProxyConfigTests", ["ProxyConfig", "ProxyCore"], exclude: ["Golden"]),
  tests(
    of: "CommandTests", ["llm-proxy", "ProxyCore", "ProxyConfig", "ProxyClient", .arguments],
    exclude: ["Golden"]),
  tests(of: "ProxyStoreTests", ["ProxyStore", "ProxyCore", .grdb, .crypto]),
  tests(of: "ProxyPluginHostTests", ["ProxyPluginHost", "CLLMProxyPlugin"]),
  tests(of: "PluginKitTests", ["CLLMProxyPlugin", "LLMProxyPluginKit"]),
  tests(
    of: "ProxyManagementTests",
    ["ProxyManagement", "ProxyCore", "ProxyConfig", "ProxyStore", "ProxyPipeline", .log, .hummingbird]),
  tests(of: "ProxyPipelineTests", ["ProxyPipeline", "ProxyWire", "CLLMProxyPlugin"]),
  tests(of: "ProxyListenerTests", ["ProxyListener", "ProxyWire", .nio]),
  tests(
    of: "ProxyTransportTests",
    ["ProxyTransport", .nio, .nioPosix, .product(name: "NIOEmbedded", package: "swift-nio")]),
]

let package = Package(
  name: "llm-proxy",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "llm-proxy", targets: ["llm-proxy"]),
    .library(name: "LLMProxyPluginKit", targets: ["LLMProxyPluginKit"]),
    sharedLibrary("auth", "AuthPlugin"),
    sharedLibrary("whitelist", "WhitelistPlugin"),
    sharedLibrary("forward", "ForwardPlugin"),
    sharedLibrary("cors", "CORSPlugin"),
    sharedLibrary("rate-limit", "RateLimitPlugin"),
    sharedLibrary("cache", "CachePlugin"),
    sharedLibrary("log", "LogPlugin"),
    sharedLibrary("adapter-openai", "OpenAIAdapter"),
    sharedLibrary("adapter-mock", "MockAdapter"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
  ],
  targets: [
    .target(name: "CLLMProxyPlugin"),
    module("ProxyCore", []),
    module("ProxyWire", []),
    module("ProxyConfig", ["ProxyCore", .yams]),
    module("ProxyPluginHost", ["ProxyCore", "CLLMProxyPlugin", .crypto]),
    module("ProxyTransport", ["ProxyCore", "ProxyWire", .nio, .nioPosix, .nioTLS, .nioSSL]),
    module("ProxyStore", ["ProxyCore", .grdb, .crypto]),
    module("ProxyTelemetry", ["ProxyCore", .log]),
    .target(
      name: "CCurl",
      cSettings: [.unsafeFlags(["-std=gnu11", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("pthread")]),
    module("ProxyClient", ["ProxyCore", "CCurl"]),
    module(
      "ProxyPipeline",
      [
        "ProxyCore", "ProxyWire", "ProxyConfig", "ProxyPluginHost", "ProxyTransport", "ProxyStore",
        "CLLMProxyPlugin", .nio, .nioPosix,
      ]),
    module("ProxyListener", ["ProxyCore", "ProxyWire", "ProxyTransport", "ProxyPipeline", .nio]),
    module(
      "ProxyManagement",
      [
        "ProxyCore", "ProxyConfig", "ProxyClient", "ProxyStore", "ProxyTelemetry", "ProxyPipeline",
        "ProxyPluginHost", .log, .hummingbird, .crypto, .nio,
      ]),
    module(
      "ProxyServer",
      [
        "ProxyCore", "ProxyConfig", "ProxyClient", "ProxyPluginHost", "ProxyTransport", "ProxyStore",
        "ProxyTelemetry", "ProxyPipeline", "ProxyListener", "ProxyManagement", .nio, .nioPosix, .nioSSL, .log,
      ]),
    .executableTarget(
      name: "llm-proxy",
      dependencies: [
        "ProxyCore", "ProxyWire", "ProxyConfig", "ProxyClient", "ProxyStore", "ProxyManagement",
        "ProxyServer", .arguments,
      ],
      swiftSettings: strict),
    .target(
      name: "LLMProxyPluginKit", dependencies: ["CLLMProxyPlugin"],
      swiftSettings: strict + [.enableExperimentalFeature("Lifetimes")]),
    cPlugin("AuthPlugin", "Plugins/auth"),
    cPlugin("WhitelistPlugin", "Plugins/whitelist"),
    cPlugin("ForwardPlugin", "Plugins/forward"),
    cPlugin("OpenAIAdapter", "adapters/openai"),
    cPlugin("MockAdapter", "adapters/mock"),
    swiftPlugin("CORSPlugin", "Plugins/cors"),
    swiftPlugin("RateLimitPlugin", "Plugins/rate-limit"),
    swiftPlugin("CachePlugin", "Plugins/cache"),
    swiftPlugin("LogPlugin", "Plugins/log"),
  ] + tests
)
