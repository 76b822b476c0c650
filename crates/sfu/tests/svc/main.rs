//! Selection of spatial and temporal layers against model encoders and a model decoder.

mod announcing;
mod continuing;
mod points;
mod random;
mod run;
mod selection;
mod source;
