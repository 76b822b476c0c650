//! One module a target: how an input is read, what must hold, and what to begin with.

mod call;
mod codec;
mod frames;
mod handshake;
mod redundancy;
mod relay;
mod rtcp;
mod rtcp_echo;
mod rtp;
mod sdp;
mod srtp;
mod stun;
mod svc;
mod worker;

use crate::Target;

/// All targets, the quickest first.
pub const TARGETS: [Target; 13] = [
    Target { name: "stun", max_bytes: 256, seeds: stun::seeds, run: stun::run },
    Target { name: "frames", max_bytes: 1_024, seeds: frames::seeds, run: frames::run },
    Target { name: "redundancy", max_bytes: 256, seeds: redundancy::seeds, run: redundancy::run },
    Target { name: "rtp", max_bytes: 512, seeds: rtp::seeds, run: rtp::run },
    Target { name: "rtcp", max_bytes: 1_500, seeds: rtcp::seeds, run: rtcp::run },
    Target { name: "relay", max_bytes: 1_500, seeds: relay::seeds, run: relay::run },
    Target { name: "codec", max_bytes: 2_048, seeds: codec::seeds, run: codec::run },
    Target { name: "svc", max_bytes: 4_096, seeds: svc::seeds, run: svc::run },
    Target { name: "srtp", max_bytes: 512, seeds: srtp::seeds, run: srtp::run },
    Target { name: "sdp", max_bytes: 12_000, seeds: sdp::seeds, run: sdp::run },
    Target { name: "handshake", max_bytes: 512, seeds: handshake::seeds, run: handshake::run },
    Target { name: "call", max_bytes: 2_048, seeds: call::seeds, run: call::run },
    Target { name: "worker", max_bytes: 2_048, seeds: worker::seeds, run: worker::run },
];

/// Whether a slice lies within another, not only equals a part of it.
fn lies_within(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}
