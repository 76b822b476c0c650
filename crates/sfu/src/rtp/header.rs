//! The fixed header of an RTP packet, its sources and where its extensions lie.

use super::extensions::Elements;

const FIXED_BYTES: usize = 12;
const VERSION: u8 = 2;

/// A parsed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The last packet of a frame, or the first of a talk spurt.
    pub marker: bool,
    /// How the payload is encoded.
    pub payload_type: u8,
    /// The lower 16 bits of the sequence number.
    pub sequence: u16,
    /// The sampling instant.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
    /// The payload ends with padding, whose length is its last byte.
    pub has_padding: bool,
    /// Bytes of the whole header, extensions included: the payload begins here.
    pub bytes: usize,
    extensions: Option<(u16, usize)>,
}

impl Header {
    /// Parse; `None` for what is no RTP or ends too early.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; FIXED_BYTES] = packet.first_chunk()?;
        if fixed[0] >> 6 != VERSION {
            return None;
        }
        let mut header = Header {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            has_padding: fixed[0] & 0x20 != 0,
            bytes: FIXED_BYTES + 4 * usize::from(fixed[0] & 0x0f),
            extensions: None,
        };
        if fixed[0] & 0x10 != 0 {
            let [p0, p1, l0, l1] = *packet.get(header.bytes..)?.first_chunk()?;
            header.extensions = Some((u16::from_be_bytes([p0, p1]), header.bytes + 4));
            header.bytes += 4 + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        }
        (header.bytes <= packet.len()).then_some(header)
    }

    /// The header's extensions; `packet` is what was parsed.
    pub fn extensions<'a>(&self, packet: &'a [u8]) -> Elements<'a> {
        match self.extensions {
            Some((profile, start)) => Elements::new(profile, packet.get(start..self.bytes).unwrap_or_default()),
            None => Elements::default(),
        }
    }

    /// The length of a decrypted payload without its padding; `None` when the padding's length is impossible.
    pub fn unpadded(&self, payload: &[u8]) -> Option<usize> {
        if !self.has_padding {
            return Some(payload.len());
        }
        let padding = usize::from(*payload.last()?);
        if padding == 0 { None } else { payload.len().checked_sub(padding) }
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn a_header_with_sources_and_extensions_is_read() {
        let mut packet = vec![0xb2, 0x80 | 111, 0x12, 0x34, 0, 0, 0, 5, 0, 0, 0, 9];
        packet.extend([0; 8]);
        packet.extend([0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0]);
        packet.extend([1, 2, 3, 2]);
        let header = Header::parse(&packet).unwrap();
        assert!(header.marker && header.payload_type == 111 && header.sequence == 0x1234);
        assert_eq!((header.timestamp, header.ssrc, header.bytes), (5, 9, 28));
        let elements: Vec<_> = header.extensions(&packet).collect();
        assert_eq!(elements, [(1, &[0x85][..])]);
        assert_eq!(header.unpadded(&packet[28..]), Some(2));
    }

    #[test]
    fn what_ends_too_early_is_refused() {
        let mut packet = vec![0x91, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 0, 0, 0, 0];
        assert!(Header::parse(&packet).is_some());
        while packet.pop().is_some() {
            assert_eq!(Header::parse(&packet), None, "{} bytes", packet.len());
        }
    }

    #[test]
    fn impossible_padding_is_refused() {
        let header = Header::parse(&[0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(header.unpadded(&[]), None);
        assert_eq!(header.unpadded(&[1, 0]), None);
        assert_eq!(header.unpadded(&[1, 3]), None);
        assert_eq!(header.unpadded(&[1, 2]), Some(0));
    }
}
