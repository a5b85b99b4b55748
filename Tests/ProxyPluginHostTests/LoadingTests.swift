import Testing

/// Everything that loads images, one test at a time: signal dispositions and the number of threads are
/// compared around each load.
@Suite(.serialized)
struct LoadingTests {}
