import CLLMProxyPlugin
import ProxyPluginHost

/// `llmp.metrics/1`: metrics of a plugin, under its module's name.
enum MetricsService {
  nonisolated(unsafe) static let table: UnsafePointer<llmp_metrics_api_t> = {
    var table = llmp_metrics_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_metrics_api_t>.size)
    table.define = { context, kind, name, help, labels, labelCount, buckets, bucketCount, id in
      guard let services = InstanceServices.of(context), let instance = InstanceContext.of(context) else {
        return LLMP_E_STATE
      }
      guard instance.isSettingUp else { return LLMP_E_STATE }
      guard (1...3).contains(kind), labelCount <= 8, bucketCount <= 64 else { return LLMP_E_LIMIT }
      var definition = PluginMetrics.Definition(
        kind: kind,
        name: "\(MetricsService.prefix(services.module))_\(MetricsService.clean(Slice(name).string))",
        help: Slice(help).string.replacingLineBreaks, labels: [], buckets: [])
      for index in 0..<Int(labelCount) {
        guard let labels else { return LLMP_E_INVALID }
        definition.labels.append(MetricsService.clean(Slice(labels[index]).string))
      }
      for index in 0..<Int(bucketCount) {
        guard let buckets else { return LLMP_E_INVALID }
        definition.buckets.append(buckets[index])
      }
      guard let made = services.state.metrics.define(definition) else { return LLMP_E_LIMIT }
      id?.pointee = made
      return LLMP_OK
    }
    table.record = { context, id, value, labels, count in
      guard let services = InstanceServices.of(context), count <= 8, value.isFinite else { return }
      var values: [String] = []
      for index in 0..<Int(count) {
        guard let labels else { return }
        values.append(Slice(labels[index]).string)
      }
      services.state.metrics.record(id, value, values)
    }
    return ServiceTables.lasting(table)
  }()

  private static func prefix(_ module: String) -> String { "llm_proxy_plugin_" + clean(module) }

  /// Only what Prometheus allows in a name.
  private static func clean(_ name: String) -> String {
    String(
      name.unicodeScalars.map { scalar -> Character in
        let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        return isPlain ? Character(scalar) : "_"
      })
  }
}

extension String {
  fileprivate var replacingLineBreaks: String {
    String(map { $0.isNewline || $0 == "\\" ? " " : $0 })
  }
}
