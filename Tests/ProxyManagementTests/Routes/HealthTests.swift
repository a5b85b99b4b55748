import ProxyCore
import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct HealthTests {
  @Test func healthTellsStatusTimeAndVersion() async throws {
    try await TestPlane.run { plane in
      for method in ["GET", "POST", "DELETE", "OPTIONS"] {
        let answer = await plane.raw(method, "/health")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.names == ["status", "timestamp", "version"])
        #expect(answer.string("status") == "ok")
        #expect(answer.string("version") == ProxyVersion.number)
        #expect(Timestamp(databaseText: answer.string("timestamp")) != nil)
      }
      #expect(await plane.raw("GET", "/live").text == "alive")
    }
  }

  @Test func readyFollowsTheStore() async throws {
    try await TestPlane.run { plane in
      #expect(await plane.raw("GET", "/ready").text == "ready")
      var health = plane.store.health
      health.isWritable = false
      health.problem = "disk is full"
      plane.faults.report(health)
      let answer = await plane.raw("GET", "/ready")
      #expect(answer.status == 503)
      #expect(answer.text.contains("disk is full"))
      #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
    }
  }

  @Test func metricsAreTextUnlessJSONIsAskedFor() async throws {
    try await TestPlane.run { plane in
      for accept in [nil, "*/*", "text/plain", "application/json;q=0.1, text/plain", "application/json;q=0"] {
        let answer = await plane.raw("GET", "/metrics", headers: accept.map { [("accept", $0)] } ?? [])
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text.contains("llm_proxy_requests_total 0"))
      }
      for accept in ["application/json", "text/html, application/json;q=0.9", "Application/JSON"] {
        let answer = await plane.raw("GET", "/metrics", headers: [("accept", accept)])
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.names == ["request_count"])
      }
      let alias = await plane.raw("GET", "/metrics/prometheus", headers: [("accept", "application/json")])
      #expect(alias.text.contains("llm_proxy_requests_total 0"))
    }
  }

  @Test func metricsHaveThePathOfTheSettings() async throws {
    try await TestPlane.run(with: { $0.metrics.path = "/internal/m" }) { plane in
      #expect(await plane.raw("GET", "/internal/m/prometheus").status == 200)
      #expect(await plane.raw("GET", "/internal/m").status == 200)
      #expect(await plane.raw("GET", "/metrics").status == 404)
    }
  }

  @Test func metricsAreAbsentWhenSwitchedOff() async throws {
    try await TestPlane.run(with: { $0.metrics.isEnabled = false }) { plane in
      #expect(await plane.raw("GET", "/metrics").status == 404)
      #expect(await plane.raw("GET", "/metrics/prometheus").status == 404)
    }
  }
}
