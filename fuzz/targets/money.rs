//! Reads texts as amounts and rates, guided by what they reach.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sutler_fuzz::money(text));
