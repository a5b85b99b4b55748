import ProxyCore
import ProxyListener
import ProxyManagement
import ProxyPipeline
import ProxyPluginHost
import ProxyStore
import ProxyTelemetry
import ProxyTransport
import Synchronization

/// The metrics page: asks every loop for its figures and adds them up.
final class ServerMetrics: MetricsSource {
  private struct Sources: Sendable {
    var loops: [LoopServices]
    var generation: Generation
    var state: PipelineState
    var store: Store
  }

  private let sources = Mutex<Sources?>(nil)
  private let started = Clocks.monotonicNanoseconds()

  /// Names what is measured; before this the page shows zeros.
  func attach(loops: [LoopServices], generation: Generation, state: PipelineState, store: Store) {
    sources.withLock {
      $0 = Sources(loops: loops, generation: generation, state: state, store: store)
    }
  }

  private var uptime: Double { Double(Clocks.monotonicNanoseconds() - started) / 1_000_000_000 }

  private func collect(_ sources: Sources?) async -> CollectedFigures {
    var all = CollectedFigures()
    for loop in sources?.loops ?? [] {
      if let one = await loop.run({ CollectedFigures($0) }) { all.add(one) }
    }
    return all
  }

  func json() async -> String {
    let all = await collect(sources.withLock { $0 })
    return "{\"uptime_seconds\":\(uptime),\"request_count\":\(all.requests),\"error_count\":\(all.errors),"
      + "\"cache_hits\":\(all.figures.cacheHits),\"cache_misses\":\(all.figures.cacheMisses),"
      + "\"cache_bypass\":\(all.figures.cacheBypasses),\"cache_stores\":\(all.figures.cacheStores)}\n"
  }

  func prometheus() async -> String {
    let sources = sources.withLock { $0 }
    let all = await collect(sources)
    var page = PrometheusText()
    addTotals(all, &page)
    addTraffic(all, &page)
    addProcess(&page)
    if let sources {
      StageMetrics.add(sources.generation, &page)
      page.single(
        "llm_proxy_held_body_bytes", .gauge, "Bytes of request bodies held in memory",
        UInt64(max(0, sources.state.heldBodyBytes)))
      addStore(sources.store, &page)
      page.append(sources.state.metrics.prometheus())
    }
    return page.text
  }

  /// The names of the Go program, without labels, so that its dashboards go on.
  private func addTotals(_ all: CollectedFigures, _ page: inout PrometheusText) {
    page.metric("llm_proxy_uptime_seconds", .gauge, "Seconds since the process started")
    page.sample("llm_proxy_uptime_seconds", [], uptime)
    page.single("llm_proxy_requests_total", .counter, "Exchanges ended", all.requests)
    page.single("llm_proxy_errors_total", .counter, "Exchanges ended with status 400 or above", all.errors)
    let cache = all.figures
    for (name, help, count) in [
      ("hits", "Answers from the response cache", cache.cacheHits),
      ("misses", "Requests that the response cache had no answer for", cache.cacheMisses),
      ("bypass", "Requests that were kept away from the response cache", cache.cacheBypasses),
      ("stores", "Answers that the response cache kept", cache.cacheStores),
    ] {
      page.single("llm_proxy_cache_\(name)_total", .counter, help, count)
    }
  }

  private func addTraffic(_ all: CollectedFigures, _ page: inout PrometheusText) {
    let figures = all.figures
    page.metric(
      "llm_proxy_responses_total", .counter, "Exchanges ended, by status; 499 is a client that left")
    for (status, count) in figures.byStatus.sorted(by: { $0.key < $1.key }) {
      page.sample("llm_proxy_responses_total", [("status", "\(status)")], count)
    }
    page.histogram(
      "llm_proxy_request_duration_seconds", "First byte of the request to last byte of the answer",
      bounds: LoopFigures.bounds, buckets: figures.durationBuckets, sumMicroseconds: figures.durationSum)
    page.histogram(
      "llm_proxy_upstream_head_seconds", "Attempt begun to the provider's head",
      bounds: LoopFigures.bounds, buckets: figures.upstreamBuckets, sumMicroseconds: figures.upstreamSum)
    page.single("llm_proxy_streams_total", .counter, "Answers that were event streams", figures.streams)
    page.single(
      "llm_proxy_streams_in_flight", .gauge, "Event streams under way",
      UInt64(max(0, figures.streamsInFlight)))
    page.single("llm_proxy_exchanges_in_flight", .gauge, "Exchanges under way", UInt64(all.active))
    page.single(
      "llm_proxy_gateway_replies_total", .counter, "Answers given by the gateway itself",
      figures.gatewayReplies)
    page.single("llm_proxy_clients_gone_total", .counter, "Clients that left early", figures.clientsGone)
    page.single(
      "llm_proxy_budget_refusals_total", .counter, "Requests that a budget had no room for",
      figures.budgetRefusals)
    page.single("llm_proxy_stage_failures_total", .counter, "Stage failures", figures.stageFailures)
    page.single(
      "llm_proxy_malformed_requests_total", .counter, "Requests refused by the codec", figures.malformed)
    page.single("llm_proxy_request_bytes_total", .counter, "Body bytes from clients", figures.requestBytes)
    page.single("llm_proxy_response_bytes_total", .counter, "Body bytes to clients", figures.responseBytes)
    page.single(
      "llm_proxy_connections_total", .counter, "Client connections accepted", figures.connectionsAccepted)
    page.single(
      "llm_proxy_connections_open", .gauge, "Client connections open", UInt64(max(0, figures.connectionsOpen))
    )
    page.single(
      "llm_proxy_upstream_failures_total", .counter, "Attempts that broke", figures.upstreamFailures)
    page.single(
      "llm_proxy_upstream_stale_retries_total", .counter,
      "Attempts repeated because a pooled connection was stale",
      figures.staleRetries)
    page.single(
      "llm_proxy_upstream_connections_opened_total", .counter, "Connections opened", all.pool.opened)
    page.single(
      "llm_proxy_upstream_connections_reused_total", .counter, "Attempts on pooled connections",
      all.pool.reused)
    page.single(
      "llm_proxy_upstream_connections_idle", .gauge, "Pooled connections idle", UInt64(max(0, all.pool.idle)))
    page.single(
      "llm_proxy_upstream_connections_open", .gauge, "Upstream connections open",
      UInt64(max(0, all.pool.open)))
  }

  private func addProcess(_ page: inout PrometheusText) {
    let process = ProcessFigures.now()
    page.single("process_resident_memory_bytes", .gauge, "Resident memory", process.residentBytes)
    page.metric("process_cpu_seconds_total", .counter, "CPU time, user and system")
    page.sample("process_cpu_seconds_total", [], process.cpuSeconds)
    page.single("process_open_fds", .gauge, "Open file descriptors", UInt64(process.openFiles))
  }

  private func addStore(_ store: Store, _ page: inout PrometheusText) {
    let health = store.health
    page.single(
      "llm_proxy_store_writable", .gauge, "1 while the database takes writes", health.isWritable ? 1 : 0)
    page.single("llm_proxy_usage_queued", .gauge, "Usage rows not written yet", UInt64(health.usageQueued))
    page.single("llm_proxy_usage_dropped_total", .counter, "Usage rows lost", health.usageDropped)
    page.single("llm_proxy_audit_queued", .gauge, "Audit events not written yet", UInt64(health.auditQueued))
    page.single("llm_proxy_audit_dropped_total", .counter, "Audit events lost", health.auditDropped)
    page.single(
      "llm_proxy_access_tokens", .gauge, "Access tokens in memory", UInt64(store.directory.tokenCount))
  }
}
