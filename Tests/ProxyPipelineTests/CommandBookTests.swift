import CLLMProxyPlugin
import Testing

@testable import ProxyPipeline

@Suite struct CommandBookTests {
  private static let run: llmp_command_fn = { _, _, _, _, _ in LLMP_OK }

  @Test func aCommandIsFoundByItsName() {
    let book = CommandBook()
    #expect(book.offer("cache.purge", Self.run))
    #expect(book.command("cache.purge") != nil)
    #expect(book.command("cache") == nil)
  }

  @Test func anInstanceOffersAFewCommands() {
    let book = CommandBook()
    for number in 0..<16 { #expect(book.offer("command-\(number)", Self.run)) }
    #expect(!book.offer("one.more", Self.run))
    #expect(book.offer("command-0", Self.run), "the same name again is no other command")
  }
}
