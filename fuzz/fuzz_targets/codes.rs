//! See `assured::fuzz::codes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::codes(bytes));
