import Testing

@testable import ProxyManagement

@Suite struct RequestFieldsTests {
  private func fields(_ text: String) throws(ManagementFault) -> RequestFields {
    try RequestFields(Array(text.utf8))
  }

  @Test func namesMatchWhateverTheirCaseAndNullIsAbsent() throws {
    let fields = try fields(#"{"NAME":"x","Is_Active":true,"max_requests":null,"n":7}"#)
    #expect(try fields.string("name") == "x")
    #expect(try fields.bool("is_active") == true)
    #expect(try fields.integer("max_requests") == nil)
    #expect(try fields.integer("n") == 7)
    #expect(try fields.string("absent") == nil)
  }

  @Test func nullIsAnEmptyObject() throws {
    #expect(try fields("null").string("name") == nil)
  }

  @Test func refusesANameGivenTwiceInAnyCase() {
    let fault = #expect(throws: ManagementFault.self) { try fields(#"{"name":"a","Name":"b"}"#) }
    #expect(fault?.status == 400)
    #expect(fault?.message.contains("Name") == true)
  }

  @Test func namesTheFieldOfAWrongType() throws {
    let fields = try fields(#"{"name":1,"flag":"true","count":1.5,"big":99999999999999999999,"text":{}}"#)
    func message(_ read: () throws -> Void) -> String {
      do { try read() } catch { return (error as? ManagementFault)?.message ?? "" }
      return ""
    }
    #expect(message { _ = try fields.string("name") }.contains(#""name" must be a string, not a number"#))
    #expect(message { _ = try fields.bool("flag") }.contains(#""flag" must be a boolean, not a string"#))
    #expect(message { _ = try fields.integer("count") }.contains(#""count" must be a whole number"#))
    #expect(message { _ = try fields.integer("big") }.contains(#""big" must be a whole number"#))
    #expect(message { _ = try fields.integer("text") }.contains("not an object"))
  }

  @Test func refusesBodiesThatAreTooLarge() {
    let fault = #expect(throws: ManagementFault.self) {
      try RequestFields([UInt8](repeating: 0x20, count: RequestFields.limitBytes + 1))
    }
    #expect(fault?.status == 413)
  }

  @Test func namesAnUnknownFieldWithoutEchoingASecret() throws {
    let fault = #expect(throws: ManagementFault.self) {
      try fields(#"{"sk-0123456789abcdefghijkl":1}"#).refuseOthers(than: "name")
    }
    #expect(fault?.message == #"unknown field "sk-****""#)
  }
}
