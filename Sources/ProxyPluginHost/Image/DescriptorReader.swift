import CLLMProxyPlugin

/// Reads the structs a plugin hands over as far as its header had them (rule R1): what lies beyond its
/// `struct_size` is zero, never read.
struct DescriptorReader {
  let file: String

  /// Longest text a descriptor may hold; a schema is the only long one.
  static let textLimit = 1 << 20
  /// Longest list in a descriptor.
  static let listLimit = 1024

  func failure(_ problem: String, _ remedy: String) -> PluginError {
    PluginError(.descriptor, file, problem, remedy: remedy)
  }

  /// Copies a growable struct.
  ///
  /// - Parameters:
  ///   - empty: the value with every field zero.
  ///   - what: how messages call it, e.g. `module descriptor`.
  /// - Throws: when it is smaller than the minimum of this ABI major.
  func copy<T>(_ pointer: UnsafeRawPointer, into empty: T, what: String) throws(PluginError) -> T {
    // Major 0 has one minor, so the minimum is what the header has now. Version 1.0 turns it into constants.
    let minimum = MemoryLayout<T>.size
    let size = Int(pointer.loadUnaligned(as: UInt32.self))
    guard size >= minimum else {
      throw failure(
        "\(what) is \(size) bytes, ABI \(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR) needs \(minimum)",
        "rebuild it against llm_proxy_plugin.h \(LLMP_ABI_MAJOR).\(LLMP_ABI_MINOR) or newer, "
          + "and set struct_size to sizeof")
    }
    var value = empty
    withUnsafeMutableBytes(of: &value) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, target.count)))
    }
    return value
  }

  /// A text; empty is allowed.
  func text(_ slice: llmp_str_t, what: String) throws(PluginError) -> String {
    guard let text = slice.text(limit: Self.textLimit) else {
      throw failure(
        slice.ptr == nil
          ? "\(what) has length \(slice.len) but no pointer"
          : "\(what) is not UTF-8 or longer than \(Self.textLimit) bytes",
        "use LLMP_LIT or set ptr and len")
    }
    return text
  }

  /// A list of texts, none of them empty.
  func texts(_ list: UnsafePointer<llmp_str_t>?, _ count: Int, what: String) throws(PluginError) -> [String] {
    guard count > 0 else { return [] }
    guard let list, count <= Self.listLimit else {
      throw failure(
        "\(what) has \(count) entries" + (list == nil ? " but no pointer" : ""),
        "set the pointer and the count together")
    }
    var texts: [String] = []
    for index in 0..<count {
      let entry = try text(list[index], what: "\(what)[\(index)]")
      guard !entry.isEmpty else {
        throw failure("\(what)[\(index)] is empty", "name a key or shorten the list")
      }
      texts.append(entry)
    }
    return texts
  }
}

extension llmp_str_t {
  /// The slice as a string; `nil` when it is not UTF-8, longer than `limit`, or a length without pointer.
  func text(limit: Int) -> String? {
    guard len > 0 else { return "" }
    guard let ptr, len <= limit else { return nil }
    return String(validating: UnsafeRawBufferPointer(start: ptr, count: len), as: UTF8.self)
  }
}
