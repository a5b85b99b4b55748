/// The words of the command line as the parser wants them.
enum CommandLineOrder {
  /// The flag that the Go program took before and between the names of commands, as well as after them.
  private static let flag = "--manage-api-base-url"

  /// Forms of a flag that the Go program took.
  private static let forms = ["--stream=true": "--stream", "--stream=false": "--no-stream"]

  /// `words` with that flag after the names of the commands, where the parser looks for it.
  static func normalised(_ words: [String]) -> [String] {
    var kept: [String] = []
    var moved: [String] = []
    var index = 0
    while index < words.count {
      let word = words[index]
      if word == "--" { break }
      if word == flag, index + 1 < words.count {
        moved += [word, words[index + 1]]
        index += 2
      } else {
        if word.hasPrefix(flag + "=") { moved.append(word) } else { kept.append(forms[word] ?? word) }
        index += 1
      }
    }
    return kept + moved + words[index...]
  }
}
