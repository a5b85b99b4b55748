/// The function that libFuzzer calls. The toolchain ships its runtime; `Tests/Fuzz/README.md` has the
/// command. Traps when an invariant is broken, which is how libFuzzer learns of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func llvmFuzzerTestOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  // The cuts follow from the input alone, so that a crash file reproduces.
  let seed = input.reduce(UInt64(count)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  if let violation = WireInvariants.violation(input, seed: seed) {
    preconditionFailure(violation)
  }
  return 0
}
