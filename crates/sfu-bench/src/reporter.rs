//! Receiver reports of receivers that do not look at their media.

use sfu::srtp::{RTCP_OVERHEAD, Sender};

/// The only report block's bytes: header, SSRC, and the block (RFC 3550 section 6.4.2).
const REPORT_BYTES: usize = 32;

/// Seals receiver reports.
pub struct Reporter {
    sender: Sender,
    ssrc: u32,
}

impl Reporter {
    /// A reporter that speaks as `ssrc`.
    pub fn new(sender: Sender, ssrc: u32) -> Self {
        Reporter { sender, ssrc }
    }

    /// A sealed receiver report about `media_ssrc` that says: nothing lost, `highest` was the last.
    pub fn report(&mut self, media_ssrc: u32, highest: u32) -> Vec<u8> {
        let mut packet = Vec::with_capacity(REPORT_BYTES + RTCP_OVERHEAD);
        packet.extend([0x81, 201, 0, 7]);
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(media_ssrc.to_be_bytes());
        packet.extend([0; 4]); // lost: none
        packet.extend(highest.to_be_bytes());
        packet.extend([0; 12]); // jitter, last sender report, delay since: not measured
        packet.resize(REPORT_BYTES + RTCP_OVERHEAD, 0);
        let length = self.sender.seal_rtcp(&mut packet, REPORT_BYTES);
        packet.truncate(length);
        packet
    }
}
