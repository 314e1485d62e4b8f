//! See `assured::fuzz::body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::body(bytes));
