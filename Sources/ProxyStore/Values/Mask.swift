/// How keys and ids are shown where they may not be read.
public enum Mask {
  /// Up to 4 characters: stars; up to 12: the first 2 and stars; longer: the first 8, `...` and the last 4.
  public static func key(_ text: String) -> String {
    let count = text.count
    if count <= 4 { return String(repeating: "*", count: count) }
    if count <= 12 { return text.prefix(2) + String(repeating: "*", count: count - 2) }
    return text.prefix(8) + "..." + text.suffix(4)
  }
}
