//! Selection of spatial and temporal layers against model encoders and a model decoder.

#[allow(dead_code, reason = "the tests of RTCP need more of it")]
#[path = "../rtcp/random.rs"]
mod random;

mod announcing;
mod continuing;
mod points;
mod run;
mod selection;
mod source;
