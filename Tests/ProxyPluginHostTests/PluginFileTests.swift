import Foundation
import Testing

@testable import ProxyPluginHost

extension LoadingTests {
  @Suite(.serialized)
  struct PluginFileTests {
    private func refusal(_ workshop: Workshop, _ path: String, trust: PluginTrust = .any) throws
      -> PluginError
    {
      try #require(throws: PluginError.self) { _ = try workshop.library(trust: trust).load(path: path) }
    }

    private func expect(_ error: PluginError, _ kind: PluginError.Kind, _ words: String...) {
      #expect(error.kind == kind, "\(error)")
      for word in words { #expect(error.description.contains(word), "\(error)") }
    }

    @Test("a file or directory that others may write is refused with the chmod that helps")
    func writableByOthers() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      for (mode, who) in [(0o757, "everybody"), (0o775, "its group")] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        expect(
          try refusal(workshop, path), .file, "good.so: the file can be written by \(who)",
          "chmod go-w \(path)")
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: workshop.plugins)
      expect(
        try refusal(workshop, path), .file, "its directory \(workshop.plugins) can be written by everybody",
        "chmod go-w \(workshop.plugins)")
    }

    @Test("a symbolic link, a directory, a FIFO and a missing file are refused")
    func irregularFiles() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      let link = workshop.plugins + "/link.so"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      expect(try refusal(workshop, link), .file, "link.so: is a symbolic link", "copy the file itself")
      let folder = workshop.plugins + "/folder.so"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      expect(try refusal(workshop, folder), .file, "folder.so: is not a regular file")
      let fifo = workshop.plugins + "/fifo.so"
      #expect(mkfifo(fifo, 0o600) == 0)
      expect(try refusal(workshop, fifo), .file, "fifo.so: is not a regular file")
      expect(
        try refusal(workshop, workshop.plugins + "/gone.so"), .file, "gone.so: there is no such file",
        "plugins.dir")
      expect(try refusal(workshop, workshop.root + "/nowhere/a.so"), .file, "cannot open its directory")
    }

    @Test("a file of a third user is refused", .enabled(if: geteuid() == 0, "only root can make one"))
    func foreignOwner() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      #expect(chown(path, 65534, 65534) == 0)
      expect(try refusal(workshop, path), .file, "belongs to user 65534", "chown it")
    }

    @Test("pinned trust loads only the listed hash")
    func pinned() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      let image = try workshop.library().load(path: path)
      let other = String(repeating: "0", count: 64)
      expect(
        try refusal(workshop, path, trust: PluginTrust(mode: "pinned")), .trust, "not listed", image.sha256)
      expect(
        try refusal(workshop, path, trust: PluginTrust(mode: "pinned", hashes: ["good.so": other])), .trust,
        "sha256 is \(image.sha256), pinned is \(other)")
      let right = try PluginTrust(mode: "pinned", hashes: ["good.so": image.sha256.uppercased()])
      #expect(try workshop.library(trust: right).load(path: path).sha256 == image.sha256)
    }

    @Test("trust modes that are not there are refused with a sentence")
    func trustModes() throws {
      let signed = try #require(throws: PluginError.self) { _ = try PluginTrust(mode: "signed") }
      expect(signed, .trust, "\"signed\" is not served by this host version", "use \"pinned\"")
      let odd = try #require(throws: PluginError.self) { _ = try PluginTrust(mode: "all") }
      expect(odd, .trust, "unknown mode \"all\"")
      let short = try #require(throws: PluginError.self) {
        _ = try PluginTrust(mode: "pinned", hashes: ["a.so": "12ab"])
      }
      expect(short, .trust, "a.so: sha256 \"12ab\" is not 64 hexadecimal digits")
    }

    @Test("SHA-256 is the well-known one")
    func hash() {
      let text = Array("abc".utf8)
      #expect(
        text.withUnsafeBytes(PluginFile.hash)
          == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("the image is a private copy under its hash, and the same content is the same image")
    func privateCopy() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      let library = workshop.library()
      let image = try library.load(path: path)
      #expect(image.imagePath == "\(workshop.runtime)/plugins/\(image.sha256).so")
      let attributes = try FileManager.default.attributesOfItem(atPath: image.imagePath)
      #expect(attributes[.posixPermissions] as? Int == 0o500)
      let second = try workshop.damage(path, as: "second") { _ in }
      #expect(try library.load(path: second) === image)
      // In-place overwriting of the original must not reach what is mapped.
      try Data("rubbish".utf8).write(to: URL(filePath: path))
      #expect(try library.load(path: second) === image)
      #expect(library.loadedImages.count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.runtime + "/plugins").count == 1)
    }

    @Test("slashes too many in the runtime directory lead nowhere else")
    func doubledSlashes() throws {
      let workshop = try Workshop()
      let file = try PluginFile.open(path: try workshop.compile("good"))
      let copy = try PrivateCopy(runtimeDirectory: workshop.root + "//deep//run/").place(file)
      #expect(FileManager.default.fileExists(atPath: "\(workshop.root)/deep/run/plugins/\(file.sha256).so"))
      #expect(copy.hasSuffix("/\(file.sha256).so"))
    }

    @Test("a copy that was tampered with is written again")
    func tamperedCopy() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      let file = try PluginFile.open(path: path)
      let place = PrivateCopy(runtimeDirectory: workshop.runtime)
      let copy = try place.place(file)
      #expect(chmod(copy, 0o700) == 0)
      try Data("rubbish".utf8).write(to: URL(filePath: copy))
      #expect(try place.place(file) == copy)
      #expect(try PluginFile.open(path: copy).sha256 == file.sha256)
    }

    @Test("a runtime directory that others may write, or that cannot be made, is refused")
    func runtimeDirectory() throws {
      let workshop = try Workshop()
      let path = try workshop.compile("good")
      let directory = workshop.runtime + "/plugins"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      #expect(chmod(directory, 0o777) == 0)
      expect(try refusal(workshop, path), .file, "the private directory \(directory)", "chmod 700")
      try FileManager.default.removeItem(atPath: workshop.runtime)
      try Data().write(to: URL(filePath: workshop.runtime))
      expect(try refusal(workshop, path), .file, "cannot create \(directory)", "runtime directory")
    }

    @Test("no more images than the limit are loaded")
    func imageLimit() throws {
      let workshop = try Workshop()
      var settings = workshop.library().settings
      settings.imageLimit = 1
      let library = PluginLibrary(settings: settings, warn: { _ in })
      let path = try workshop.compile("good")
      _ = try library.load(path: path)
      let other = try workshop.compile("create_null_instance")
      let error = try #require(throws: PluginError.self) { _ = try library.load(path: other) }
      expect(error, .file, "image 2 of this process, the limit is 1", "plugins.max_images")
      _ = try library.load(path: path)
    }

    @Test("scanning reads what files claim and keeps the reasons of refusals")
    func scan() throws {
      let workshop = try Workshop()
      try workshop.compile("support/recorder")
      try workshop.compile("no_stamp")
      try Data("text".utf8).write(to: URL(filePath: workshop.plugins + "/notes.txt"))
      let catalog = try workshop.library().scan()
      #expect(catalog.entries.map(\.stamp.id) == ["org.example.recorder"])
      #expect(catalog.refusals.map(\.subject) == ["no_stamp.so"])
      #expect(workshop.library().loadedImages.isEmpty)
    }
  }
}
