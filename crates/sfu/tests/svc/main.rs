//! Selection of spatial and temporal layers against model encoders and a model decoder.

mod random;
mod run;
mod selection;
mod source;
mod announcing;
mod continuing;
