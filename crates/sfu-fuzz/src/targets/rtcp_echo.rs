//! What was read from RTCP, written again, is read as the same.

use sfu::rtcp::{self, FeedbackHeader, FirEntry, Packet, ReportBlock, TransportFeedback, Writer};

/// Check one packet. Kinds that we do not write are left out.
pub fn check(packet: &Packet) {
    match packet {
        Packet::SenderReport(report) => {
            let blocks: Vec<ReportBlock> = report.blocks().collect();
            let echo = echo(|writer| assert_eq!(writer.sender_report(&report.info, &blocks), Some(blocks.len())));
            let Some(Packet::SenderReport(read)) = rtcp::parse(&echo).next() else { panic!("no sender report") };
            assert_eq!((read.info, read.blocks().collect()), (report.info, blocks));
        }
        Packet::ReceiverReport(report) => {
            let blocks: Vec<ReportBlock> = report.blocks().collect();
            let written = |writer: &mut Writer| writer.receiver_report(report.sender_ssrc, &blocks);
            let echo = echo(|writer| assert_eq!(written(writer), Some(blocks.len())));
            let Some(Packet::ReceiverReport(read)) = rtcp::parse(&echo).next() else { panic!("no receiver report") };
            assert_eq!((read.sender_ssrc, read.blocks().collect()), (report.sender_ssrc, blocks));
        }
        Packet::Bye(bye) => check_bye(&bye.ssrcs().collect::<Vec<_>>()),
        Packet::Nack(nack) => check_nack(nack.sender_ssrc, nack.media_ssrc, nack.lost().collect()),
        Packet::Pli(pli) => {
            let echo = echo(|writer| assert!(writer.pli(pli.sender_ssrc, pli.media_ssrc)));
            assert!(matches!(rtcp::parse(&echo).next(), Some(Packet::Pli(read)) if read == *pli));
        }
        Packet::Fir(fir) => check_fir(fir.sender_ssrc, &fir.entries().collect::<Vec<_>>()),
        Packet::Remb(remb) => check_remb(remb),
        Packet::TransportFeedback(feedback) => check_feedback(feedback),
        Packet::SourceDescription | Packet::ExtendedReport(_) => {}
    }
}

fn echo(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut bytes = [0; rtcp::MAX_LENGTH];
    let mut writer = Writer::new(&mut bytes);
    write(&mut writer);
    assert_eq!(writer.length() % 4, 0);
    assert_eq!(rtcp::parse(writer.written()).count(), usize::from(writer.length() > 0));
    writer.written().to_vec()
}

fn check_bye(ssrcs: &[u32]) {
    let echo = echo(|writer| assert_eq!(writer.bye(ssrcs), ssrcs.len()));
    match rtcp::parse(&echo).next() {
        Some(Packet::Bye(read)) => assert!(read.ssrcs().eq(ssrcs.iter().copied())),
        _ => assert!(ssrcs.is_empty()),
    }
}

fn check_nack(sender_ssrc: u32, media_ssrc: u32, mut lost: Vec<u16>) {
    lost.sort_unstable();
    lost.dedup();
    let mut written = 0;
    let echo = echo(|writer| written = writer.nack(sender_ssrc, media_ssrc, &lost));
    match rtcp::parse(&echo).next() {
        Some(Packet::Nack(read)) => {
            assert_eq!((read.sender_ssrc, read.media_ssrc), (sender_ssrc, media_ssrc));
            assert!(read.lost().eq(lost[..written].iter().copied()));
            // 1,200 bytes without headers: a pair for each number at worst.
            assert!(written == lost.len() || written >= 297);
        }
        _ => assert!(lost.is_empty()),
    }
}

fn check_fir(sender_ssrc: u32, entries: &[FirEntry]) {
    let mut written = 0;
    let echo = echo(|writer| written = writer.fir(sender_ssrc, entries));
    match rtcp::parse(&echo).next() {
        Some(Packet::Fir(read)) => assert!(read.entries().eq(entries[..written].iter().copied())),
        _ => assert!(entries.is_empty()),
    }
}

fn check_remb(remb: &rtcp::Remb) {
    let ssrcs: Vec<u32> = remb.ssrcs().collect();
    let echo = echo(|writer| assert!(writer.remb(remb.sender_ssrc, remb.bitrate_bps, &ssrcs)));
    let Some(Packet::Remb(read)) = rtcp::parse(&echo).next() else { panic!("no REMB") };
    assert!(read.sender_ssrc == remb.sender_ssrc && read.ssrcs().eq(ssrcs.iter().copied()));
    // What saturated was rounded down.
    assert!(read.bitrate_bps == remb.bitrate_bps || remb.bitrate_bps == u64::MAX);
}

/// Arrivals are written up to the first that a report cannot say, or that does not fit.
fn check_feedback(feedback: &TransportFeedback) {
    let start = feedback.reference_ticks(None);
    let arrivals: Vec<Option<u32>> = feedback.arrivals(start).map(|(_, at)| at.map(|ticks| ticks as u32)).collect();
    let TransportFeedback { sender_ssrc, media_ssrc, base_sequence, feedback_count, .. } = *feedback;
    let header = FeedbackHeader { sender_ssrc, media_ssrc, base_sequence, feedback_count };
    let mut written = 0;
    let echo = echo(|writer| written = usize::from(writer.transport_feedback(header, arrivals.iter().copied())));
    let Some(Packet::TransportFeedback(read)) = rtcp::parse(&echo).next() else {
        return assert_eq!(written, 0);
    };
    assert_eq!((read.sender_ssrc, read.media_ssrc), (sender_ssrc, media_ssrc));
    assert_eq!((read.base_sequence, read.feedback_count), (base_sequence, feedback_count));
    let again = read.arrivals(read.reference_ticks(None));
    assert!(again.map(|(_, at)| at.map(|ticks| ticks as u32)).eq(arrivals[..written].iter().copied()));
}
