//! The header of an outgoing stream: written once, then copied and filled in for each packet.

use super::extensions::{ExtensionIds, ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};

/// The longest header that [`Template::write`] makes: fixed part, m-line name, numbers and a Dependency Descriptor.
pub const MAX_HEADER_BYTES: usize = 192;
/// The longest name of an m-line.
const MAX_MID_BYTES: usize = 16;
const FIXED_BYTES: usize = 12;
/// Fixed part and the head of the extensions.
const HEAD_BYTES: usize = FIXED_BYTES + 4;
/// The longest value that the form with one byte carries.
const MAX_SHORT_VALUE: usize = 16;
/// The largest id of the form with one byte.
const MAX_SHORT_ID: u8 = 14;

/// The longest playout delay that receivers are told, in units of 10 ms: what libwebrtc has as its own limit. With one
/// of half a second or less it would give up its smooth rendering.
const MOST_PLAYOUT_DELAY: u16 = 1_000;

/// What changes from packet to packet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields<'a> {
    /// The receiver's number for the codec.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// The lower 16 bits of the sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The transport-wide sequence number, if feedback was negotiated.
    pub transport_sequence: u16,
    /// Loudness as RFC 6464 writes it.
    pub audio_level: Option<u8>,
    /// Orientation as 3GPP TS 26.114 writes it.
    pub orientation: Option<u8>,
    /// A Dependency Descriptor; empty: none.
    pub dependency: &'a [u8],
}

/// An outgoing stream's header.
#[derive(Debug, Clone)]
pub struct Template {
    ids: ExtensionIds,
    /// Header with the extensions that every packet has, in the short form.
    bytes: [u8; 48],
    length: u8,
    /// Where the transport-wide number lies.
    transport_sequence_at: Option<u8>,
    mid: [u8; MAX_MID_BYTES],
    mid_length: u8,
    /// The playout delay as it is written; all zero: none is told.
    playout_delay: [u8; 3],
}

impl Template {
    /// The header of a stream on the m-line `mid` with these extensions.
    pub fn new(ssrc: u32, mid: &str, ids: ExtensionIds) -> Self {
        let mut template = Template {
            ids,
            bytes: [0; 48],
            length: 0,
            transport_sequence_at: None,
            mid: [0; MAX_MID_BYTES],
            mid_length: if ids.mid == 0 { 0 } else { mid.len().min(MAX_MID_BYTES) as u8 },
            playout_delay: [0; 3],
        };
        let length = usize::from(template.mid_length);
        template.mid[..length].copy_from_slice(&mid.as_bytes()[..length]);
        template.bytes[8..FIXED_BYTES].copy_from_slice(&ssrc.to_be_bytes());
        template.prepare();
        template
    }

    /// Let every packet from now on tell that pictures are to be shown after this time at least, in units of 10 ms.
    pub fn set_playout_delay(&mut self, least: u16) {
        let times = u32::from(least.clamp(1, MOST_PLAYOUT_DELAY)) << 12 | u32::from(MOST_PLAYOUT_DELAY);
        let [_, delay @ ..] = times.to_be_bytes();
        self.playout_delay = delay;
        self.prepare();
    }

    /// Write what every packet has.
    fn prepare(&mut self) {
        let mut bytes = self.bytes;
        let (length, at) = self.extend(&mut bytes, &Fields::default(), false);
        (self.bytes, self.length) = (bytes, length as u8);
        self.transport_sequence_at = at.map(|at| at as u8);
    }

    /// Write a header into `out`, which has room for [`MAX_HEADER_BYTES`]; returns its length. Values too long for the
    /// room are left out.
    pub fn write(&self, fields: &Fields, out: &mut [u8]) -> usize {
        let is_plain = fields.dependency.is_empty()
            && (fields.audio_level.is_none() || self.ids.audio_level == 0)
            && (fields.orientation.is_none() || self.ids.orientation == 0);
        out[..self.bytes.len()].copy_from_slice(&self.bytes);
        let (length, at) = if is_plain {
            (usize::from(self.length), self.transport_sequence_at.map(usize::from))
        } else {
            self.extend(out, fields, self.needs_wide_form(fields))
        };
        out[1] = fields.payload_type | (u8::from(fields.marker) << 7);
        out[2..4].copy_from_slice(&fields.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&fields.timestamp.to_be_bytes());
        if let Some(at) = at {
            out[at..at + 2].copy_from_slice(&fields.transport_sequence.to_be_bytes());
        }
        length
    }

    fn needs_wide_form(&self, fields: &Fields) -> bool {
        fields.dependency.len() > MAX_SHORT_VALUE || self.ids.dependency > MAX_SHORT_ID
    }

    /// Write the extensions behind the fixed part; returns the header's length and where the transport-wide number is.
    fn extend(&self, out: &mut [u8], fields: &Fields, is_wide: bool) -> (usize, Option<usize>) {
        let mut list = List { out: &mut *out, at: HEAD_BYTES, is_wide };
        let transport = list.put(self.ids.transport_sequence, &[0; 2]);
        list.put(self.ids.mid, &self.mid[..usize::from(self.mid_length)]);
        if self.playout_delay != [0; 3] {
            list.put(self.ids.playout_delay, &self.playout_delay);
        }
        fields.audio_level.and_then(|level| list.put(self.ids.audio_level, &[level]));
        fields.orientation.and_then(|turn| list.put(self.ids.orientation, &[turn]));
        list.put(self.ids.dependency, fields.dependency);
        let (end, profile) = (list.at, if is_wide { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE });
        if end == HEAD_BYTES {
            out[0] = 0x80;
            return (FIXED_BYTES, None);
        }
        let padded = end.next_multiple_of(4);
        out[end..padded].fill(0);
        out[0] = 0x90;
        out[FIXED_BYTES..FIXED_BYTES + 2].copy_from_slice(&profile.to_be_bytes());
        let words = ((padded - HEAD_BYTES) / 4) as u16;
        out[FIXED_BYTES + 2..HEAD_BYTES].copy_from_slice(&words.to_be_bytes());
        (padded, transport)
    }
}

/// A list of extensions in the making.
struct List<'a> {
    out: &'a mut [u8],
    at: usize,
    is_wide: bool,
}

impl List<'_> {
    /// Append a value, unless it has no id, is empty or does not fit; returns where it lies.
    fn put(&mut self, id: u8, value: &[u8]) -> Option<usize> {
        let head = if self.is_wide { 2 } else { 1 };
        let fits = self.is_wide || (id <= MAX_SHORT_ID && value.len() <= MAX_SHORT_VALUE);
        let room = self.out.len().min(MAX_HEADER_BYTES).checked_sub(self.at + head + value.len());
        if id == 0 || value.is_empty() || !fits || room.is_none_or(|room| room < 4) {
            return None;
        }
        if self.is_wide {
            self.out[self.at..self.at + 2].copy_from_slice(&[id, value.len() as u8]);
        } else {
            self.out[self.at] = (id << 4) | (value.len() as u8 - 1);
        }
        let at = self.at + head;
        self.out[at..at + value.len()].copy_from_slice(value);
        self.at = at + value.len();
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Header;

    const IDS: ExtensionIds = ExtensionIds {
        audio_level: 1,
        mid: 4,
        rid: 0,
        repaired_rid: 0,
        transport_sequence: 3,
        orientation: 13,
        dependency: 12,
        playout_delay: 5,
    };

    fn written(template: &Template, fields: &Fields) -> (Header, Vec<(u8, Vec<u8>)>) {
        let mut out = [0xee; 300];
        let length = template.write(fields, &mut out);
        let header = Header::parse(&out[..length]).unwrap();
        assert_eq!(header.bytes, length);
        let elements = header.extensions(&out[..length]);
        (header, elements.map(|(id, value)| (id, value.to_vec())).collect())
    }

    #[test]
    fn a_plain_header_has_its_name_and_number() {
        let fields = Fields { payload_type: 96, marker: true, sequence: 7, timestamp: 9, ..Fields::default() };
        let fields = Fields { transport_sequence: 0x1234, ..fields };
        let (header, elements) = written(&Template::new(42, "12", IDS), &fields);
        assert!(header.marker && !header.has_padding);
        assert_eq!((header.payload_type, header.sequence, header.timestamp, header.ssrc), (96, 7, 9, 42));
        assert_eq!(elements, [(3, vec![0x12, 0x34]), (4, b"12".to_vec())]);
    }

    #[test]
    fn a_playout_delay_is_told_from_when_it_is_set() {
        let mut template = Template::new(42, "12", IDS);
        template.set_playout_delay(20);
        let (_, elements) = written(&template, &Fields::default());
        assert_eq!(elements, [(3, vec![0, 0]), (4, b"12".to_vec()), (5, vec![0x01, 0x43, 0xe8])]);
        template.set_playout_delay(0);
        let (_, elements) = written(&template, &Fields { orientation: Some(1), ..Fields::default() });
        assert_eq!(elements[2..], [(5, vec![0x00, 0x13, 0xe8]), (13, vec![1])]);
    }

    #[test]
    fn the_longest_name_leaves_room_for_a_playout_delay() {
        let mut template = Template::new(42, "0123456789abcdef", IDS);
        template.set_playout_delay(u16::MAX);
        let (_, elements) = written(&template, &Fields::default());
        assert_eq!(elements.last(), Some(&(5, vec![0x3e, 0x83, 0xe8])));
    }

    #[test]
    fn what_was_not_negotiated_is_left_out() {
        let fields =
            Fields { audio_level: Some(30), orientation: Some(1), dependency: &[1, 2, 3], ..Fields::default() };
        let (header, elements) = written(&Template::new(42, "0", ExtensionIds::default()), &fields);
        assert_eq!((header.bytes, elements.len()), (12, 0));
    }

    #[test]
    fn a_long_descriptor_makes_the_form_wide() {
        let long: Vec<u8> = (0..100).collect();
        for dependency in [&long[..3], &long[..16], &long[..17], &long] {
            let fields = Fields { transport_sequence: 5, audio_level: Some(0x9e), dependency, ..Fields::default() };
            let (_, elements) = written(&Template::new(42, "camera", IDS), &fields);
            let expected = [(3, vec![0, 5]), (4, b"camera".to_vec()), (1, vec![0x9e]), (12, dependency.to_vec())];
            assert_eq!(elements, expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        let fields = Fields { dependency: &[7; 255], ..Fields::default() };
        let (_, elements) = written(&Template::new(42, "0123456789abcdef", IDS), &fields);
        assert_eq!(elements.len(), 2);
    }
}
