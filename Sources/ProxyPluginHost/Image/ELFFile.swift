import CLLMProxyPlugin

/// What an ELF shared object says about itself, read without running any of it. Every offset is checked
/// against the size of the file: a damaged file is refused with a sentence, never followed.
struct ELFFile {
  /// Names of defined, visible dynamic symbols, with duplicates.
  private(set) var exports: [String] = []
  /// Whether one of them is `STB_GNU_UNIQUE`.
  private(set) var hasUniqueSymbols = false
  /// Content of `.llmp.stamp`.
  private(set) var stamp: [UInt8]?
  /// `DT_NEEDED`.
  private(set) var neededLibraries: [String] = []
  /// `DT_RPATH` and `DT_RUNPATH`, split at colons.
  private(set) var searchPaths: [String] = []
  /// Version names needed from other libraries, e.g. `GLIBC_2.34`.
  private(set) var neededVersions: [String] = []
  /// `DF_STATIC_TLS`.
  private(set) var hasStaticTLS = false
  /// `DT_TEXTREL` or `DF_TEXTREL`.
  private(set) var hasTextRelocations = false
  /// `PT_GNU_STACK` with the executable flag, or none at all, which means the same.
  private(set) var hasExecutableStack = true
  /// `e_type`.
  private(set) var type: UInt16 = 0
  /// `DF_1_PIE`: an executable, not a library.
  private(set) var isExecutable = false

  private let reader: ELFReader
  private var sections: [Section] = []

  private struct Section {
    var name: String
    var type: UInt32
    var offset, size: Int
    var link, count: Int
  }

  /// Reads a whole file.
  ///
  /// - Throws: when the file is not a complete ELF file for this machine.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(PluginError) {
    reader = ELFReader(bytes: bytes, file: file)
    try readHeader()
    try readSegments()
    try readSections()
    for section in sections {
      switch section.type {
      case 11: try readSymbols(section)
      case 6: try readDynamic(section)
      case 0x6fff_fffe: try readVersions(section)
      default:
        guard section.name == ".llmp.stamp", section.type != 8 else { continue }
        if stamp != nil { throw reader.failure("has two .llmp.stamp sections", "keep one LLMP_STAMP") }
        stamp = try reader.bytes(section.offset, section.size)
      }
    }
  }

  /// `e_machine` of this host.
  static var hostMachine: UInt16 {
    #if arch(x86_64)
      62
    #elseif arch(arm64)
      183
    #else
      0
    #endif
  }

  private mutating func readHeader() throws(PluginError) {
    guard reader.count >= 4, try reader.bytes(0, 4) == [0x7F, 0x45, 0x4C, 0x46] else {
      throw reader.failure("is not an ELF file", "build a shared library (cc -shared)")
    }
    guard try reader.byte(4) == 2, try reader.byte(5) == 1 else {
      throw reader.failure(
        "is not a 64-bit little-endian ELF file", "build it for \(Self.machineName(Self.hostMachine))")
    }
    let machine = try reader.half(18)
    guard machine == Self.hostMachine else {
      throw reader.failure(
        "was built for \(Self.machineName(machine)), this host runs on \(Self.machineName(Self.hostMachine))",
        "build it for this machine")
    }
    type = try reader.half(16)
  }

  private static func machineName(_ machine: UInt16) -> String {
    switch machine {
    case 62: "x86_64"
    case 183: "aarch64"
    case 243: "riscv64"
    case 3: "x86 (32 bit)"
    default: "machine \(machine)"
    }
  }

  private mutating func readSegments() throws(PluginError) {
    let table = try reader.offset(32)
    let size = Int(try reader.half(54))
    for index in 0..<Int(try reader.half(56)) {
      let start = table + index * size
      let type = try reader.word(start)
      if type == 1 {
        // A segment beyond the end of the file would be mapped and end in SIGBUS when touched.
        try reader.check(try reader.offset(start + 8), try reader.offset(start + 32), "a segment")
      }
      if type == 0x6474_e551 { hasExecutableStack = try reader.word(start + 4) & 1 != 0 }
    }
  }

  private mutating func readSections() throws(PluginError) {
    let table = try reader.offset(40)
    let size = Int(try reader.half(58))
    let count = Int(try reader.half(60))
    guard table > 0, count > 0 else {
      throw reader.failure("has no section table", "build it again and do not use sstrip; strip is fine")
    }
    guard size == 64 else { throw reader.failure("has a damaged header", "copy or build it again") }
    try reader.check(table, count * size, "the section table")
    var found: [Section] = []
    for index in 0..<count {
      let start = table + index * size
      let section = Section(
        name: "", type: try reader.word(start + 4), offset: try reader.offset(start + 24),
        size: try reader.offset(start + 32), link: Int(try reader.word(start + 40)),
        count: Int(try reader.word(start + 44)))
      // SHT_NOBITS occupies no bytes of the file.
      if section.type != 8 { try reader.check(section.offset, section.size, "section \(index)") }
      found.append(section)
    }
    let names = Int(try reader.half(62))
    guard names < found.count else { throw reader.failure("has a damaged header", "copy or build it again") }
    for index in found.indices {
      let name = Int(try reader.word(table + index * size))
      found[index].name = try reader.string(found[names].offset + name, end: Self.end(found[names]))
    }
    sections = found
  }

  private static func end(_ section: Section) -> Int { section.offset + section.size }

  private func strings(of section: Section) throws(PluginError) -> Section {
    guard section.link < sections.count else {
      throw reader.failure("has a damaged section table", "copy or build it again")
    }
    return sections[section.link]
  }

  private mutating func readSymbols(_ section: Section) throws(PluginError) {
    let strings = try strings(of: section)
    for start in stride(from: section.offset, to: Self.end(section) - 23, by: 24) {
      let kind = try reader.byte(start + 4)
      let visibility = try reader.byte(start + 5) & 3
      let index = try reader.half(start + 6)
      // Undefined symbols are imports; absolute ones are names of versions.
      guard index != 0, index != 0xfff1, [1, 2, 10].contains(kind >> 4), visibility == 0 || visibility == 3
      else { continue }
      exports.append(
        try reader.string(strings.offset + Int(try reader.word(start)), end: Self.end(strings)))
      if kind >> 4 == 10 { hasUniqueSymbols = true }
    }
  }

  private mutating func readDynamic(_ section: Section) throws(PluginError) {
    let strings = try strings(of: section)
    for start in stride(from: section.offset, to: Self.end(section) - 15, by: 16) {
      let value = try reader.long(start + 8)
      let tag = try reader.long(start)
      switch tag {
      case 0: return
      case 1, 15, 29:
        guard value < UInt64(strings.size) else {
          throw reader.failure("has a damaged dynamic section", "copy or build it again")
        }
        let text = try reader.string(strings.offset + Int(value), end: Self.end(strings))
        if tag == 1 {
          neededLibraries.append(text)
        } else {
          searchPaths += text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
      case 22: hasTextRelocations = true
      case 30:
        if value & 0x4 != 0 { hasTextRelocations = true }
        if value & 0x10 != 0 { hasStaticTLS = true }
      case 0x6fff_fffb: if value & 0x0800_0000 != 0 { isExecutable = true }
      default: break
      }
    }
  }

  private mutating func readVersions(_ section: Section) throws(PluginError) {
    let strings = try strings(of: section)
    var entry = section.offset
    // A link of zero ends a list; without that a damaged file could keep us here for hours.
    for _ in 0..<section.count {
      var detail = entry + Int(try reader.word(entry + 8))
      for _ in 0..<Int(try reader.half(entry + 2)) {
        let name = Int(try reader.word(detail + 8))
        neededVersions.append(try reader.string(strings.offset + name, end: Self.end(strings)))
        let next = Int(try reader.word(detail + 12))
        if next == 0 { break }
        detail += next
      }
      let next = Int(try reader.word(entry + 12))
      if next == 0 { return }
      entry += next
    }
  }
}
