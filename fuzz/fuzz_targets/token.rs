//! See `assured::fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::token(bytes));
