//! See `assured::fuzz::scenario`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::scenario(bytes));
