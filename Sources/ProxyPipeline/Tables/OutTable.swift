import CLLMProxyPlugin

/// `llmp_out_api_t` and `llmp_blob_api_t`: tables without an exchange of their own.
enum OutTable {
  nonisolated(unsafe) static let out: UnsafePointer<llmp_out_api_t> = {
    var table = llmp_out_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_out_api_t>.size)
    table.bytes = { out, bytes in
      OutSink.of(out)?.write(Slice(bytes)) ?? LLMP_E_STATE
    }
    table.sse = { out, event, data, id in
      OutSink.of(out)?.write(event: Slice(event), data: Slice(data), id: Slice(id)) ?? LLMP_E_STATE
    }
    let memory = UnsafeMutablePointer<llmp_out_api_t>.allocate(capacity: 1)
    memory.initialize(to: table)
    return UnsafePointer(memory)
  }()

  nonisolated(unsafe) static let blob: UnsafePointer<llmp_blob_api_t> = {
    var table = llmp_blob_api_t()
    table.struct_size = UInt32(MemoryLayout<llmp_blob_api_t>.size)
    table.copy = { _, bytes in Blob(copying: Slice(bytes).bytes).handle }
    table.adopt = { _, bytes, free, ud in Blob(adopting: Slice(bytes).bytes, free: free, ud: ud).handle }
    table.view = { pointer in
      guard let blob = Blob.of(pointer) else { return llmp_str_t() }
      return Slice(blob.bytes).text
    }
    table.retain = { Blob.of($0)?.retain() }
    table.release = { Blob.of($0)?.release() }
    let memory = UnsafeMutablePointer<llmp_blob_api_t>.allocate(capacity: 1)
    memory.initialize(to: table)
    return UnsafePointer(memory)
  }()
}
