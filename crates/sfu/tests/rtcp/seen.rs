//! What a reader saw in a datagram, in a form that readers can be compared by.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sfu::rtcp::{self, ExtendedBlock, Packet, ReportBlock};
use str0m::rtp::rtcp::Rtcp;

/// Seconds from 1900 to 1970.
pub const UNIX_EPOCH_S: u64 = 2_208_988_800;

#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    SenderReport { ssrc: u32, half_seconds: u64, rtp_time: u32, packets: u32, octets: u32, blocks: Vec<ReportBlock> },
    ReceiverReport { ssrc: u32, blocks: Vec<ReportBlock> },
    Names,
    Bye(Vec<u32>),
    Nack { sender: u32, media: u32, lost: Vec<u16> },
    Pli { sender: u32, media: u32 },
    Fir { sender: u32, entries: Vec<(u32, u8)> },
    Feedback { sender: u32, media: u32, count: u8, arrivals: Vec<(u16, Option<i64>)> },
    Remb { sender: u32, bitrate: u64, ssrcs: Vec<u32> },
    Extended { sender: u32, blocks: Vec<Extended> },
}

#[derive(Debug, PartialEq, Eq)]
pub enum Extended {
    ReferenceTime { half_seconds: u64 },
    Delays(Vec<(u32, u32, u32)>),
}

/// By the reader under test.
pub fn ours(bytes: &[u8]) -> Vec<Seen> {
    rtcp::parse(bytes).map(seen).collect()
}

fn seen(packet: Packet<'_>) -> Seen {
    match packet {
        Packet::SenderReport(report) => Seen::SenderReport {
            ssrc: report.info.ssrc,
            half_seconds: report.info.ntp >> 31,
            rtp_time: report.info.rtp_time,
            packets: report.info.packets,
            octets: report.info.octets,
            blocks: report.blocks().collect(),
        },
        Packet::ReceiverReport(report) => {
            Seen::ReceiverReport { ssrc: report.sender_ssrc, blocks: report.blocks().collect() }
        }
        Packet::SourceDescription => Seen::Names,
        Packet::Bye(bye) => Seen::Bye(bye.ssrcs().collect()),
        Packet::Nack(nack) => {
            Seen::Nack { sender: nack.sender_ssrc, media: nack.media_ssrc, lost: nack.lost().collect() }
        }
        Packet::Pli(pli) => Seen::Pli { sender: pli.sender_ssrc, media: pli.media_ssrc },
        Packet::Fir(fir) => Seen::Fir {
            sender: fir.sender_ssrc,
            entries: fir.entries().map(|entry| (entry.ssrc, entry.sequence)).collect(),
        },
        Packet::TransportFeedback(feedback) => Seen::Feedback {
            sender: feedback.sender_ssrc,
            media: feedback.media_ssrc,
            count: feedback.feedback_count,
            arrivals: feedback.arrivals(feedback.reference_ticks(None)).collect(),
        },
        Packet::Remb(remb) => {
            Seen::Remb { sender: remb.sender_ssrc, bitrate: remb.bitrate_bps, ssrcs: remb.ssrcs().collect() }
        }
        Packet::ExtendedReport(report) => {
            Seen::Extended { sender: report.sender_ssrc, blocks: report.blocks().map(extended).collect() }
        }
    }
}

fn extended(block: ExtendedBlock<'_>) -> Extended {
    match block {
        ExtendedBlock::ReferenceTime(ntp) => Extended::ReferenceTime { half_seconds: ntp >> 31 },
        ExtendedBlock::Delays(delays) => {
            Extended::Delays(delays.map(|delay| (delay.ssrc, delay.last_reference, delay.delay)).collect())
        }
    }
}

/// By str0m. It reads single packets without padding in public; the way through the compound is walked here.
pub fn by_str0m(bytes: &[u8]) -> Vec<Seen> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let length = (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1) * 4;
        let padding = if rest[0] & 0x20 != 0 { usize::from(rest[length - 1]) } else { 0 };
        let packet = Rtcp::try_from(&rest[..length - padding]).expect("a valid packet");
        all.push(seen_by_str0m(packet));
        rest = &rest[length..];
    }
    all
}

fn seen_by_str0m(packet: Rtcp) -> Seen {
    match packet {
        Rtcp::SenderReport(report) => sender_report_by_str0m(&report),
        Rtcp::ReceiverReport(report) => Seen::ReceiverReport {
            ssrc: *report.sender_ssrc,
            blocks: report.reports.iter().map(block_by_str0m).collect(),
        },
        Rtcp::SourceDescription(_) => Seen::Names,
        Rtcp::Goodbye(bye) => Seen::Bye(bye.reports.iter().map(|ssrc| **ssrc).collect()),
        Rtcp::Nack(nack) => Seen::Nack {
            sender: *nack.sender_ssrc,
            media: *nack.ssrc,
            lost: nack
                .reports
                .iter()
                .flat_map(|entry| entry.into_iter((1 << 20).into()).map(|number| *number as u16))
                .collect(),
        },
        Rtcp::Pli(pli) => Seen::Pli { sender: *pli.sender_ssrc, media: *pli.ssrc },
        Rtcp::Fir(fir) => Seen::Fir {
            sender: *fir.sender_ssrc,
            entries: fir.reports.iter().map(|entry| (*entry.ssrc, entry.seq_no)).collect(),
        },
        Rtcp::Twcc(feedback) => feedback_by_str0m(feedback),
        Rtcp::Remb(remb) => {
            Seen::Remb { sender: *remb.sender_ssrc, bitrate: remb.bitrate as u64, ssrcs: remb.ssrcs.clone() }
        }
        Rtcp::ExtendedReport(report) => {
            Seen::Extended { sender: *report.ssrc, blocks: report.blocks.into_iter().map(extended_by_str0m).collect() }
        }
        Rtcp::AppSpecificFeedback(feedback) => panic!("not written here: {feedback:?}"),
    }
}

fn sender_report_by_str0m(report: &str0m::rtp::rtcp::SenderReport) -> Seen {
    Seen::SenderReport {
        ssrc: *report.sender_info.ssrc,
        half_seconds: half_seconds(report.sender_info.ntp_time),
        rtp_time: report.sender_info.rtp_time.numer() as u32,
        packets: report.sender_info.sender_packet_count,
        octets: report.sender_info.sender_octet_count,
        blocks: report.reports.iter().map(block_by_str0m).collect(),
    }
}

fn feedback_by_str0m(feedback: str0m::rtp::rtcp::Twcc) -> Seen {
    let zero = Instant::now() + Duration::from_secs(3_600);
    Seen::Feedback {
        sender: *feedback.sender_ssrc,
        media: *feedback.ssrc,
        count: feedback.feedback_count,
        arrivals: feedback
            .into_iter(zero, (1 << 20).into())
            .map(|(number, _, at)| (*number as u16, at.map(|at| ticks_since(zero, at))))
            .collect(),
    }
}

fn extended_by_str0m(block: str0m::rtp::rtcp::ReportBlock) -> Extended {
    match block {
        str0m::rtp::rtcp::ReportBlock::Rrtr(time) => {
            Extended::ReferenceTime { half_seconds: half_seconds(time.ntp_time) }
        }
        str0m::rtp::rtcp::ReportBlock::Dlrr(delays) => Extended::Delays(
            delays.items.iter().map(|item| (*item.ssrc, item.last_rr_time, item.last_rr_delay)).collect(),
        ),
    }
}

fn block_by_str0m(report: &str0m::rtp::rtcp::ReceptionReport) -> ReportBlock {
    ReportBlock {
        ssrc: *report.ssrc,
        fraction_lost: report.fraction_lost,
        cumulative_lost: ((report.packets_lost << 8) as i32) >> 8,
        highest_sequence: report.max_seq,
        jitter: report.jitter,
        last_sender_report: report.last_sr_time,
        delay: report.last_sr_delay,
    }
}

fn half_seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).expect("after 1970");
    // Rounded: the fractions written are whole halves.
    ((since.as_secs_f64() + UNIX_EPOCH_S as f64) * 2.0).round() as u64
}

fn ticks_since(zero: Instant, at: Instant) -> i64 {
    let micros = |duration: Duration| duration.as_micros() as i64;
    if at >= zero { micros(at - zero) / 250 } else { -micros(zero - at) / 250 }
}
