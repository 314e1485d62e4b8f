//! The real binary on real hosts.
#[test]
fn x() {}
