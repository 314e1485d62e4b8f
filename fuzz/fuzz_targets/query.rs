//! See `assured::fuzz::query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::query(bytes));
