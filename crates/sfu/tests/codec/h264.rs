//! RFC 6184 and the sequence parameter sets of H.264.

use sfu::codec::h264::{Contents, sps_size};

/// Constrained baseline 3.1, 640 x 480, from an encoder of a browser.
const SPS_480P: [u8; 11] = [0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x1e, 0xd0, 0x0f];
const IDR: [u8; 3] = [0x65, 0x88, 0x84];
const SLICE: [u8; 3] = [0x41, 0x9a, 0x02];
const UNUSED_SLICE: [u8; 3] = [0x01, 0x9a, 0x02];

fn aggregated(units: &[&[u8]]) -> Vec<u8> {
    let mut payload = vec![0x78];
    for unit in units {
        payload.extend((unit.len() as u16).to_be_bytes());
        payload.extend(*unit);
    }
    payload
}

/// Bits of an SPS written down as in the standard, after the NAL unit header.
struct Sps(Vec<bool>);

impl Sps {
    fn new(profile: u8) -> Self {
        let mut sps = Sps(Vec::new());
        sps.bits(u64::from(profile), 8).bits(0x1f, 16).ue(0);
        sps
    }

    fn bits(&mut self, value: u64, count: u32) -> &mut Self {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn ue(&mut self, value: u64) -> &mut Self {
        let width = 64 - (value + 1).leading_zeros();
        self.bits(0, width - 1).bits(value + 1, width)
    }

    /// Escaped as in a stream.
    fn unit(&mut self) -> Vec<u8> {
        self.bits(1, 1);
        let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (i, bit)| byte | u8::from(*bit) << (7 - i));
        let mut unit = vec![0x67];
        for byte in self.0.chunks(8).map(byte) {
            if byte <= 3 && unit.ends_with(&[0, 0]) {
                unit.push(3);
            }
            unit.push(byte);
        }
        unit
    }
}

#[test]
fn a_keyframe_starts_with_a_parameter_set_or_an_idr_slice() {
    let starts = |payload: &[u8]| Contents::inspect(payload).starts_keyframe;
    assert!(starts(&SPS_480P) && starts(&IDR) && !starts(&SLICE));
    assert!(starts(&aggregated(&[&[0x68, 0xce], &SPS_480P])) && starts(&aggregated(&[&[0x09, 0x10], &IDR])));
    assert!(!starts(&aggregated(&[&SLICE, &SLICE])));
    assert!(starts(&[0x7c, 0x85, 0x88]), "the first fragment of an IDR slice");
    assert!(!starts(&[0x7c, 0x05, 0x88]) && !starts(&[0x7c, 0x45, 0x88]), "a later fragment");
    assert!(!starts(&[0x7c, 0x81, 0x88]) && !starts(&[]) && !starts(&[0x7c]));
}

#[test]
fn only_slices_that_no_picture_needs_are_discardable() {
    let discardable = |payload: &[u8]| Contents::inspect(payload).discardable;
    assert!(discardable(&UNUSED_SLICE) && discardable(&[0x1c, 0x81, 1]) && discardable(&[0x1c, 0x41, 1]));
    assert!(!discardable(&SLICE) && !discardable(&[0x7c, 0x81, 1]) && !discardable(&[0x06, 0x05, 1]));
    assert!(discardable(&aggregated(&[&UNUSED_SLICE, &UNUSED_SLICE])));
    assert!(!discardable(&aggregated(&[&UNUSED_SLICE, &SLICE])) && !discardable(&aggregated(&[&SLICE, &UNUSED_SLICE])));
}

#[test]
fn the_size_comes_from_the_parameter_set_wherever_it_stands() {
    assert_eq!(sps_size(&SPS_480P), Some((640, 480)));
    assert_eq!(Contents::inspect(&aggregated(&[&SPS_480P, &IDR])).size, Some((640, 480)));
}

#[test]
fn cropping_is_taken_off_in_its_units() {
    // 1920 x 1088 less eight lines, in units of two.
    let mut sps = Sps::new(66);
    sps.ue(0).ue(0).ue(0).ue(1).bits(0, 1).ue(119).ue(67).bits(1, 1).bits(1, 1).bits(1, 1).ue(0).ue(0).ue(0).ue(4);
    assert_eq!(sps_size(&sps.unit()), Some((1920, 1080)));
    // More than there is.
    let mut sps = Sps::new(66);
    sps.ue(0).ue(0).ue(0).ue(1).bits(0, 1).ue(0).ue(0).bits(1, 1).bits(1, 1).bits(1, 1).ue(4).ue(4).ue(0).ue(0);
    assert_eq!(sps_size(&sps.unit()), None);
}

#[test]
fn fields_scaling_lists_and_the_cycle_of_order_are_passed_over() {
    // High, 4:2:2, one scaling list that ends at once (delta -8), order of type 1 with a cycle of two, fields.
    let mut sps = Sps::new(122);
    sps.ue(2).ue(0).ue(0).bits(0, 1).bits(1, 1).bits(1, 1).ue(16).bits(0, 7);
    sps.ue(4).ue(1).bits(0, 1).ue(1).ue(2).ue(2).ue(3).ue(4);
    sps.ue(2).bits(0, 1).ue(44).ue(17).bits(0, 1).bits(1, 1).bits(1, 1).bits(0, 1);
    assert_eq!(sps_size(&sps.unit()), Some((720, 576)));
}

#[test]
fn escaped_bytes_are_read_as_they_were_meant() {
    // Long runs of zeros: a large number of reference frames and a zero cycle.
    let mut sps = Sps::new(66);
    sps.ue(0).ue(1).bits(0, 1).ue(1 << 24).ue(1 << 24).ue(0).ue(1).bits(0, 1);
    sps.ue(39).ue(29).bits(1, 1).bits(1, 1).bits(0, 1);
    let unit = sps.unit();
    assert!(unit.windows(3).any(|bytes| bytes == [0, 0, 3]), "nothing was escaped");
    assert_eq!(sps_size(&unit), Some((640, 480)));
}

#[test]
fn a_set_that_is_cut_off_has_no_size() {
    for length in 0..SPS_480P.len() - 2 {
        assert_eq!(sps_size(&SPS_480P[..length]), None);
    }
}
