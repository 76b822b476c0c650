//! Redundant audio (RFC 2198) for receivers that did not agree to it: Firefox, aiortc.

/// F: another block header follows.
const FOLLOWS: u8 = 0x80;
/// Header of a redundant block: F, payload type, timestamp offset (14 bits), length (10 bits).
const REDUNDANT_HEADER_BYTES: usize = 4;
/// Header of the primary block, which is the last: F and payload type.
const PRIMARY_HEADER_BYTES: usize = 1;

/// The primary block of a payload: what is not redundant. `None` when it is malformed.
pub fn primary(payload: &[u8]) -> Option<&[u8]> {
    let (mut at, mut redundant_bytes) = (0, 0);
    while payload.get(at)? & FOLLOWS != 0 {
        let length = [payload.get(at + 2)? & 0x03, *payload.get(at + 3)?];
        redundant_bytes += usize::from(u16::from_be_bytes(length));
        at += REDUNDANT_HEADER_BYTES;
    }
    let block = payload.get(at + PRIMARY_HEADER_BYTES + redundant_bytes..)?;
    (!block.is_empty()).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::primary;

    #[test]
    fn a_packet_without_redundancy_is_its_primary_block() {
        assert_eq!(primary(&[0x6f, 1, 2, 3]), Some(&[1, 2, 3][..]));
    }

    #[test]
    fn redundant_blocks_are_skipped() {
        // Two redundant blocks of 2 and 1 bytes, then the primary one.
        let payload = [0xef, 0x0f, 0x00, 0x02, 0xef, 0x07, 0x80, 0x01, 0x6f, 9, 9, 8, 1, 2];
        assert_eq!(primary(&payload), Some(&[1, 2][..]));
    }

    #[test]
    fn a_length_of_ten_bits_is_read() {
        let mut payload = vec![0xef, 0x0f, 0x01, 0x00, 0x6f];
        payload.extend([9; 256]);
        payload.push(7);
        assert_eq!(primary(&payload), Some(&[7][..]));
    }

    #[test]
    fn what_ends_too_early_is_refused() {
        for payload in [&[][..], &[0x6f], &[0xef], &[0xef, 0, 0], &[0xef, 0, 0, 9, 0x6f, 1], &[0xef, 0, 0, 1, 0x6f, 1]]
        {
            assert_eq!(primary(payload), None, "{payload:?}");
        }
    }
}
