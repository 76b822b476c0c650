//! Compound RTCP packets: an input is one, decrypted.

use sfu::rtcp::{self, ExtendedBlock, FeedbackHeader, FirEntry, Packet, ReportBlock, SenderInfo, Writer};

use super::rtcp_echo;
use crate::memory::without_allocation;

/// What one datagram may make us do: the statuses' own bound, and 17 numbers for four bytes of NACK.
const MAX_STATUSES: usize = 8_192;

pub fn run(bytes: &[u8]) {
    let items = without_allocation(|| rtcp::parse(bytes).map(|packet| items(&packet)).sum::<usize>());
    assert!(items <= MAX_STATUSES + bytes.len() * 17 / 4, "{items} items in {} bytes", bytes.len());
    rtcp::parse(bytes).for_each(|packet| rtcp_echo::check(&packet));
}

/// Read everything there is.
fn items(packet: &Packet) -> usize {
    match packet {
        Packet::SenderReport(report) => report.blocks().count(),
        Packet::ReceiverReport(report) => report.blocks().count(),
        Packet::Bye(bye) => bye.ssrcs().count(),
        Packet::Nack(nack) => nack.lost().count(),
        Packet::Fir(fir) => fir.entries().count(),
        Packet::TransportFeedback(feedback) => {
            let count = feedback.arrivals(feedback.reference_ticks(Some(-77))).count();
            assert_eq!(count, usize::from(feedback.status_count), "what is accepted is complete");
            count
        }
        Packet::Remb(remb) => remb.ssrcs().count(),
        Packet::ExtendedReport(report) => report.blocks().map(extended_items).sum(),
        Packet::Pli(_) | Packet::SourceDescription => 1,
    }
}

fn extended_items(block: ExtendedBlock) -> usize {
    match block {
        ExtendedBlock::ReferenceTime(_) => 1,
        ExtendedBlock::Delays(delays) => delays.count(),
    }
}

/// One packet of each kind that we write.
pub fn compounds() -> Vec<Vec<u8>> {
    let info = SenderInfo { ssrc: 1, ntp: 0xe000_0001_8000_0000, rtp_time: 90_000, packets: 7, octets: 7_000 };
    let block = ReportBlock { ssrc: 2, cumulative_lost: -3, highest_sequence: 70_000, ..ReportBlock::default() };
    let feedback = FeedbackHeader { sender_ssrc: 1, media_ssrc: 2, base_sequence: 65_530, feedback_count: 3 };
    let arrivals = (0..60u32).map(|i| (i % 7 != 0).then_some(1_000 + i * if i % 9 == 0 { 300 } else { 4 }));
    let (fir, ssrcs) = ([FirEntry { ssrc: 2, sequence: 9 }], [2, 3]);
    let write: [&dyn Fn(&mut Writer); 9] = [
        &|writer| _ = writer.sender_report(&info, &[block, block]),
        &|writer| _ = writer.receiver_report(1, &[block]),
        &|writer| _ = writer.canonical_name(1, "somebody"),
        &|writer| _ = writer.bye(&ssrcs),
        &|writer| _ = writer.nack(1, 2, &[65_535, 0, 3, 90]),
        &|writer| _ = writer.pli(1, 2),
        &|writer| _ = writer.fir(1, &fir),
        &|writer| _ = writer.remb(1, 2_500_000, &ssrcs),
        &|writer| _ = writer.transport_feedback(feedback, arrivals.clone()),
    ];
    let compound = |parts: &[&dyn Fn(&mut Writer)]| {
        let mut bytes = [0; 1_500];
        let mut writer = Writer::new(&mut bytes);
        parts.iter().for_each(|part| part(&mut writer));
        writer.written().to_vec()
    };
    let mut compounds: Vec<Vec<u8>> = write.iter().map(|part| compound(&[*part])).collect();
    compounds.push(compound(&write));
    compounds
}

/// RFC 3611: a reference time, delays, and a block that nobody knows.
const EXTENDED: [u8; 44] = [
    0x80, 207, 0, 10, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 5, 0, 0, 3, 0, 0, 0, 2, 1, 1, 1, 1, 0, 0, 1, 0,
    99, 0, 0, 1, 1, 2, 3, 4,
];

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = compounds();
    seeds.push(EXTENDED.to_vec());
    // Padding, and a packet that claims more than there is.
    seeds.push(vec![0xa1, 203, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4, 0x81, 205, 0, 99]);
    seeds
}
