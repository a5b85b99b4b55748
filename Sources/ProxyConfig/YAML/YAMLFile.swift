/// YAML documents that ship with the program, such as the description of its API.
public enum YAMLFile {
  /// The JSON text of the document at `path`, its members in the order they are written; `nil` when there is
  /// no such file or it is not one YAML document. Reads the file; never on an event loop.
  public static func json(at path: String) -> String? {
    do {
      let text = try BoundedFile.text(path)
      // Nothing is filled in: a `${…}` in such a file would be a mistake of ours.
      var interpolation = Interpolation { (_) throws(SettingProblem) in nil }
      let report = Report()
      guard
        let root = YAMLDocument.read(text, file: path, interpolation: &interpolation, report: report),
        report.errors.isEmpty
      else { return nil }
      return try JSONWriter.text(of: root)
    } catch {
      return nil  // The caller says that there is no document; a test says that there is one.
    }
  }
}
