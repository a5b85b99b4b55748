import ProxyPluginHost
import ProxyTelemetry

/// What the hooks of a generation have cost, per stage and hook.
enum StageMetrics {
  private struct Row {
    var stage: String
    var hook: String
    var figures: HookMeter.Figures
  }

  static func add(_ generation: Generation, _ page: inout PrometheusText) {
    let stages = generation.stages.flatMap { stage in
      StageInstance.Hook.allCases.map {
        Row(stage: stage.name, hook: "\($0.name)", figures: stage.figures($0))
      }
    }
    let providers = generation.providers.flatMap { provider in
      ProviderInstance.Hook.allCases.map {
        Row(stage: "adapter:" + provider.name, hook: "\($0.name)", figures: provider.figures($0))
      }
    }
    let rows = (stages + providers).filter { $0.figures.calls > 0 || $0.figures.failures > 0 }
    counter("llm_proxy_hook_calls_total", "Hook calls", rows, &page) { $0.calls }
    counter("llm_proxy_hook_failures_total", "Hook calls that failed", rows, &page) { $0.failures }
    counter("llm_proxy_hook_pauses_total", "Hook calls that paused", rows, &page) { $0.pauses }
    counter("llm_proxy_hook_over_budget_total", "Hook calls over budget", rows, &page) { $0.overBudget }
    page.metric("llm_proxy_hook_seconds_total", .counter, "Time inside hooks")
    for row in rows {
      page.sample(
        "llm_proxy_hook_seconds_total", [("stage", row.stage), ("hook", row.hook)],
        Double(row.figures.totalNanoseconds) / 1_000_000_000)
    }
  }

  private static func counter(
    _ name: String, _ help: String, _ rows: [Row], _ page: inout PrometheusText,
    _ value: (HookMeter.Figures) -> UInt64
  ) {
    page.metric(name, .counter, help)
    for row in rows {
      page.sample(name, [("stage", row.stage), ("hook", row.hook)], value(row.figures))
    }
  }
}
