//! See `assured::fuzz::uri`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::uri(bytes));
