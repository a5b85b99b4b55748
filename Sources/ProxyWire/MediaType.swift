/// Questions about `Content-Type` values that the hot path asks.
public enum MediaType {
  /// Whether the value is `text/event-stream`, with or without parameters.
  public static func isEventStream(_ value: UnsafeRawBufferPointer) -> Bool {
    hasEssence(value, "text/event-stream")
  }

  /// Whether the value is JSON: `application/json` or any subtype that ends in `+json`, with or without
  /// parameters.
  public static func isJSON(_ value: UnsafeRawBufferPointer) -> Bool {
    if hasEssence(value, "application/json") { return true }
    let length = essenceLength(value)
    guard length > 5 else { return false }
    return FieldRules.equalsIgnoringCase(
      UnsafeRawBufferPointer(rebasing: value[(length - 5)..<length]), "+json")
  }

  /// Whether the value is of what is uploaded as it is: forms, sounds, pictures, films, bytes of no kind.
  public static func isUpload(_ value: UnsafeRawBufferPointer) -> Bool {
    if hasEssence(value, "application/octet-stream") { return true }
    for kind in ["multipart/", "audio/", "image/", "video/"] as [StaticString]
    where value.count >= kind.utf8CodeUnitCount {
      let start = UnsafeRawBufferPointer(rebasing: value[..<kind.utf8CodeUnitCount])
      if FieldRules.equalsIgnoringCase(start, kind) { return true }
    }
    return false
  }

  /// Whether type and subtype are the given ones (in lower case), parameters left aside.
  public static func hasEssence(_ value: UnsafeRawBufferPointer, _ essence: StaticString) -> Bool {
    guard value.count >= essence.utf8CodeUnitCount, essenceLength(value) == essence.utf8CodeUnitCount else {
      return false
    }
    return FieldRules.equalsIgnoringCase(
      UnsafeRawBufferPointer(rebasing: value[..<essence.utf8CodeUnitCount]), essence)
  }

  private static func essenceLength(_ value: UnsafeRawBufferPointer) -> Int {
    var end = 0
    while end < value.count, value[end] != 0x3b { end += 1 }
    while end > 0, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
    return end
  }
}
