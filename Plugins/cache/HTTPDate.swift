/// Dates of header fields.
enum HTTPDate {
  private static let months: [StaticString] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that senders may write (RFC 9110
  /// 5.6.7); nil for anything else.
  static func seconds(_ text: UnsafeRawBufferPointer) -> Int? {
    let text = text.trimmed
    guard text.count == 29, UnsafeRawBufferPointer(rebasing: text[25...]).isWord(" gmt"),
      let day = number(text, 5, 2), let year = number(text, 12, 4), let hour = number(text, 17, 2),
      let minute = number(text, 20, 2), let second = number(text, 23, 2),
      let month = months.firstIndex(where: { UnsafeRawBufferPointer(rebasing: text[8..<11]).isWord($0) }),
      (1...31).contains(day), hour < 24, minute < 60, second <= 60, year >= 1970
    else { return nil }
    return daysSince1970(year: year, month: month + 1, day: day) * 86_400 + hour * 3600 + minute * 60 + second
  }

  private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for byte in text[start..<start + count] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }

  /// Years begin in March here, so that the day that some have more is the last one.
  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let (era, yearOfEra) = (shifted / 400, shifted % 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
