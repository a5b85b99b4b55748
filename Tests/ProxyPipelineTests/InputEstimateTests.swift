import Testing

@testable import ProxyPipeline

@Suite struct InputEstimateTests {
  private func tokens(_ text: String) -> Int64 {
    var text = text
    return text.withUTF8 { InputEstimate.tokens(of: UnsafeRawBufferPointer($0)) }
  }

  @Test func fourBytesAreOneModelToken() {
    #expect(tokens("") == 0)
    #expect(tokens("a") == 1)
    #expect(tokens("abcd") == 1)
    #expect(tokens("abcde") == 2)
  }

  @Test func anAttachmentIsNotItsBase64() {
    let picture = "\"data:image/png;base64,\(String(repeating: "A", count: 40_000))\""
    let marked = Int64("\"data:image/png;base64,\"".utf8.count)
    #expect(tokens(picture) == (marked + 3) / 4 + 1100)
    #expect(tokens("[\(picture),\(picture)]") == (2 * marked + 3 + 3) / 4 + 2200)
    #expect(tokens(";base64,") == 2 + 1100)
    #expect(tokens(";;base64;base64") == 4)
    #expect(tokens(String(repeating: ";", count: 4000)) == 1000)
  }
}
