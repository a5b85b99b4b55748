import WireFuzz

/// The rule of the differential test: what swift-nio refuses we refuse, and what both accept both read alike.
/// We may refuse what swift-nio accepts.
enum Comparison {
  /// How the two differ, or nil.
  static func difference(ours: Transcript, theirs: NIOTranscript) -> String? {
    if let violation = ours.violation { return violation }
    for (index, message) in ours.messages.enumerated() {
      guard index < theirs.messages.count else { return "message \(index) is read by us only" }
      if let difference = difference(message, theirs.messages[index], ours.end) {
        return "message \(index): \(difference)"
      }
    }
    switch ours.end {
    case .refused, .closed: return nil
    case .inHead:
      // They may refuse a head of which we still await the end.
      return ours.messages.count == theirs.messages.count ? nil : "they read a head that we still wait for"
    case .inBody:
      return theirs.isRefused && !ours.isInTrailers ? "we wait for more of a body they refuse" : nil
    case .betweenMessages:
      if theirs.isRefused { return "they refuse, we do not" }
      return ours.messages.count == theirs.messages.count ? nil : "they read more messages"
    }
  }

  private static func difference(_ ours: ReplayedMessage, _ theirs: ReplayedMessage, _ end: ReplayEnd)
    -> String?
  {
    if ours.start != theirs.start { return "start \(ours.start) \(theirs.start)" }
    if ours.target != theirs.target { return "target" }
    if ours.minorVersion != theirs.minorVersion { return "version" }
    if ours.names != theirs.names { return "field names" }
    if ours.values.count != theirs.values.count { return "field values" }
    for (our, their) in zip(ours.values, theirs.values) where !isSame(our, their) { return "a field value" }
    if ours.keepAlive && !theirs.keepAlive { return "we keep the connection alive, they do not" }
    if ours.isComplete {
      if !theirs.isComplete { return "we read its end, they do not" }
      if ours.body != theirs.body { return "body" }
    } else if case .refused = end {
      // Which part of a refused body was handed on before the refusal depends on how the bytes came.
      return nil
    } else {
      if theirs.isComplete { return "they read its end, we do not" }
      if ours.body != theirs.body { return "partial body" }
    }
    return nil
  }

  /// They make Strings: bytes that are no UTF-8 are replaced. And white space behind a value may stay.
  private static func isSame(_ ours: [UInt8], _ theirs: [UInt8]) -> Bool {
    var theirs = theirs[...]
    while let last = theirs.last, last == 0x20 || last == 0x09 { theirs.removeLast() }
    return ours.elementsEqual(theirs)
      || Array(String(decoding: ours, as: UTF8.self).utf8).elementsEqual(theirs)
  }
}
