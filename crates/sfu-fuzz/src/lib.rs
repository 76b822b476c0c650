//! Fuzz targets for everything of the media engine that reads bytes of strangers. See the README.

#![deny(unsafe_code)]

mod call;
#[cfg(feature = "libfuzzer")]
pub mod driver;
pub mod input;
pub mod memory;
mod targets;

// The model encoders of the engine's tests: scalable streams as real payloads and descriptors.
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../sfu/tests/svc/source.rs"]
mod source;

pub use targets::TARGETS;

/// What libFuzzer drives.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Inputs are not longer than this.
    pub max_bytes: usize,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Takes an input; panics when the engine breaks a promise.
    pub run: fn(&[u8]),
}
