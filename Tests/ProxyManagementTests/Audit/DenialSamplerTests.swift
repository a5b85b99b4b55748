import ProxyStore
import Testing

@testable import ProxyManagement

@Suite struct DenialSamplerTests {
  private func denial(_ code: String, token: String? = nil, from address: String = "192.0.2.1")
    -> DeniedRequest
  {
    var denial = DeniedRequest(
      code: code, status: 401, requestID: "r", method: "POST", path: "/v1/x", clientIP: address)
    denial.tokenID = token
    return denial
  }

  @Test func `one of a kind is recorded a minute, with the number left out`() {
    var sampler = DenialSampler()
    #expect(sampler.admit(denial("token_expired", token: "t"), at: 100) == 0)
    for _ in 0..<5 { #expect(sampler.admit(denial("token_expired", token: "t"), at: 120) == nil) }
    #expect(sampler.admit(denial("token_expired", token: "u"), at: 120) == 0)
    #expect(sampler.admit(denial("token_inactive", token: "t"), at: 120) == 0)
    #expect(sampler.admit(denial("token_expired", token: "t"), at: 160) == 5)
    #expect(sampler.admit(denial("token_expired", token: "t"), at: 220) == 0)
  }

  @Test func `a flood from everywhere is bounded, and memory too`() {
    var sampler = DenialSampler()
    let recorded = (0..<20_000).filter {
      sampler.admit(denial("invalid_token", from: "a\($0)"), at: 1) != nil
    }.count
    #expect(recorded == DenialSampler.allowance)
    #expect(sampler.admit(denial("invalid_token", from: "a19999"), at: 61) == 1)
  }
}
