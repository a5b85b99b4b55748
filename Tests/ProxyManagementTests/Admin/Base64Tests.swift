import Testing

@testable import ProxyManagement

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("YTpiOmM", "a:b:c"),
    ("w7zDpDrDtg==", "üä:ö"),
  ])
  func itReadsWhatTheStandardSays(encoded: String, text: String) {
    #expect(Base64.decoded(encoded[...]) == text)
  }

  @Test(arguments: ["Z", "Zg===", "Z g=", "Zm9v!", "/////w==", "Zg==Zg=="])
  func itRefusesTheRest(encoded: String) {
    #expect(Base64.decoded(encoded[...]) == nil)
  }
}
