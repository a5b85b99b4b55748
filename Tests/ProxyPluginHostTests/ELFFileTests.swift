import Foundation
import Testing

@testable import ProxyPluginHost

/// Damage that a compiler cannot make.
@Suite
struct ELFFileTests {
  private func refusal(_ content: Data) throws -> PluginError {
    try #require(throws: PluginError.self) { try examine(content) }
  }

  private func examine(_ content: Data) throws {
    try content.withUnsafeBytes { bytes in
      // A copy of exactly this size, so that a sanitizer sees every read beyond the end.
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
      defer { copy.deallocate() }
      copy.copyMemory(from: bytes)
      let elf = try ELFFile(UnsafeRawBufferPointer(copy), file: "damaged.so")
      _ = try elf.check(file: "damaged.so", swiftVersion: "6.3.1")
    }
  }

  @Test("what is not an ELF file is called so")
  func notELF() throws {
    for text in ["", "x", "#!/bin/sh\necho hello\n", "\u{7F}ELE"] {
      let error = try refusal(Data(text.utf8))
      #expect(error.kind == .image)
      #expect(error.description == "damaged.so: is not an ELF file; build a shared library (cc -shared)")
    }
  }

  @Test("another machine, another class and another kind of file are named")
  func otherMachine() throws {
    let workshop = try Workshop()
    let path = try workshop.compile("good")
    let content = try Data(contentsOf: URL(filePath: path))
    var machine = content
    machine[18] = 243
    machine[19] = 0
    #expect(try refusal(machine).problem.hasPrefix("was built for riscv64, this host runs on "))
    var class32 = content
    class32[4] = 1
    #expect(try refusal(class32).problem == "is not a 64-bit little-endian ELF file")
    var object = content
    object[16] = 1
    #expect(try refusal(object).problem == "is not a shared library (e_type 1)")
  }

  @Test("a newer C library is refused before the loader would")
  func newerGlibc() throws {
    let workshop = try Workshop()
    let path = try workshop.compile("support/recorder")
    var content = try Data(contentsOf: URL(filePath: path))
    let marker = Data("GLIBC_2.".utf8)
    let found = try #require(content.range(of: marker))
    var index = found.upperBound
    while content[index] != 0 {
      content[index] = UInt8(ascii: "9")
      index += 1
    }
    let error = try refusal(content)
    #expect(error.problem.hasPrefix("needs GLIBC_2.99"), "\(error)")
    #expect(error.remedy.contains("not newer than this one"))
  }

  @Test("the versions needed from all libraries are read")
  func versionsOfSeveralLibraries() throws {
    // The tests themselves are linked with several versioned libraries.
    let content = try Data(contentsOf: URL(filePath: "/proc/self/exe"))
    let versions = try content.withUnsafeBytes { try ELFFile($0, file: "tests").neededVersions }
    #expect(versions.contains { $0.hasPrefix("GLIBC_2.") }, "\(versions)")
    #expect(versions.contains { !$0.hasPrefix("GLIBC_") }, "\(versions)")
  }

  @Test("a file that is cut off anywhere is refused, never followed")
  func truncated() throws {
    let workshop = try Workshop()
    let path = try workshop.compile("good")
    let content = try Data(contentsOf: URL(filePath: path))
    // The section table is the last thing in the file, so every shorter one lacks a part of it.
    for length in stride(from: 0, to: content.count, by: 97) {
      let error = try refusal(content.prefix(length))
      #expect(error.kind == .image)
    }
    #expect(try refusal(content.dropLast(1)).problem.contains("is cut off: "))
  }

  @Test("a file with any damaged byte is judged without a crash")
  func flippedBytes() throws {
    let workshop = try Workshop()
    let path = try workshop.compile("good")
    let content = try Data(contentsOf: URL(filePath: path))
    var random = SystemRandomNumberGenerator()
    var generator = SeededGenerator(state: UInt64.random(in: 1...UInt64.max, using: &random))
    let seed = generator.state
    var refused = 0
    for _ in 0..<4000 {
      var damaged = content
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        // Mostly where structure is: the headers at the start and the section table at the end.
        let isHead = Bool.random(using: &generator)
        let span = min(2048, content.count)
        let offset = Int.random(in: 0..<span, using: &generator)
        damaged[isHead ? offset : content.count - 1 - offset] = UInt8.random(in: 0...255, using: &generator)
      }
      do { try examine(damaged) } catch { refused += 1 }
    }
    #expect(refused > 0, "seed \(seed)")
  }
}

/// xorshift64*, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 2_685_821_657_736_338_717
  }
}
