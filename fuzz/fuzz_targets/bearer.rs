//! See `assured::fuzz::bearer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assured::fuzz::bearer(bytes));
