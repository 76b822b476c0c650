//! RTCP, the reception of streams, and outgoing numbers: against the documents, against another implementation, and
//! against seeded chance.

mod encode;
mod random;
mod seen;

mod agreement;
mod arrivals;
mod asking;
mod hostile;
mod reading;
mod reception;
mod sending;
mod sequence;
mod writing;
