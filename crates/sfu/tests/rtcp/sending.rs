//! What sender reports say, and the round trip that comes back.

use std::time::{Duration, Instant, UNIX_EPOCH};

use sfu::reception::Stream;
use sfu::rtcp::{NtpClock, ReportBlock, SenderStats, round_trip_time};

#[test]
fn a_sender_report_extrapolates_the_timestamp_to_its_own_moment() {
    let now = Instant::now();
    let clock = NtpClock::new(now, UNIX_EPOCH + Duration::from_millis(1_500));
    let mut stats = SenderStats::default();
    assert_eq!(stats.sender_info(1, 90_000, &clock, now), None);
    stats.sent(100, u32::MAX - 8_999, now);
    // The other packets of the frame, paced, and one sent again do not move the anchor.
    stats.sent(50, u32::MAX - 8_999, now + Duration::from_millis(30));
    stats.sent(25, u32::MAX - 20_000, now + Duration::from_millis(40));
    let info = stats.sender_info(1, 90_000, &clock, now + Duration::from_millis(500)).unwrap();
    assert_eq!((info.packets, info.octets), (3, 175));
    // 500 ms are 45,000 ticks, over the wrap.
    assert_eq!(info.rtp_time, 45_000 - 9_000);
    assert_eq!(info.ntp, (2_208_988_800 + 2) << 32);
}

#[test]
fn the_round_trip_of_a_report_and_its_echo_is_measured() {
    let now = Instant::now();
    let clock = NtpClock::new(now, UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let mut stream = Stream::new(1, 48_000);
    stream.received(1, 1, now);
    stream.sender_report(clock.ntp(now), now + Duration::from_millis(40));
    let block = stream.report_block(now + Duration::from_millis(940)).unwrap();
    let measured = round_trip_time(&block, clock.ntp(now + Duration::from_millis(1_000))).unwrap();
    assert!(measured.abs_diff(Duration::from_millis(100)) < Duration::from_millis(1), "{measured:?}");
}

#[test]
fn a_round_trip_that_cannot_be_is_none() {
    let block = ReportBlock { last_sender_report: 0x1_0000, delay: 0x2_0000, ..ReportBlock::default() };
    assert_eq!(round_trip_time(&block, 2 << 32), None);
    assert_eq!(round_trip_time(&block, 3 << 32), Some(Duration::ZERO));
    assert_eq!(round_trip_time(&ReportBlock::default(), 3 << 32), None);
}
