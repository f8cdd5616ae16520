//! Reads texts as promotion files and prices a cart with them, guided by what they reach.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| sutler_fuzz::promotion(text));
