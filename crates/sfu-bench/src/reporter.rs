//! Receiver reports of receivers that do not look at their media.

use sfu::rtcp::{ReportBlock, Writer};
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
        let mut packet = vec![0; REPORT_BYTES + RTCP_OVERHEAD];
        let block = ReportBlock { ssrc: media_ssrc, highest_sequence: highest, ..ReportBlock::default() };
        Writer::new(&mut packet).receiver_report(self.ssrc, &[block]);
        let length = self.sender.seal_rtcp(&mut packet, REPORT_BYTES);
        packet.truncate(length);
        packet
    }
}
