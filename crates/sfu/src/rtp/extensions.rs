//! Header extensions (RFC 8285): reading both forms, and which id means what on an m-line.

/// The form with headers of one byte: ids 1 to 14, values of 1 to 16 bytes.
pub const ONE_BYTE_PROFILE: u16 = 0xbede;
/// The form with headers of two bytes; its lower four bits are free.
pub const TWO_BYTE_PROFILE: u16 = 0x1000;

/// The longest Dependency Descriptor that is forwarded.
pub const MAX_DEPENDENCY_BYTES: usize = 128;

/// The elements of a header's extensions: id and value.
#[derive(Debug, Clone, Default)]
pub struct Elements<'a> {
    is_wide: bool,
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements of extension data in a profile; none for an unknown profile.
    pub fn new(profile: u16, data: &'a [u8]) -> Self {
        match profile {
            ONE_BYTE_PROFILE => Elements { is_wide: false, rest: data },
            wide if wide & 0xfff0 == TWO_BYTE_PROFILE => Elements { is_wide: true, rest: data },
            _ => Elements::default(),
        }
    }

    fn head(&self) -> Option<(u8, usize, usize)> {
        let first = *self.rest.first()?;
        if self.is_wide {
            return Some((first, usize::from(*self.rest.get(1)?), 2));
        }
        // Id 15 ends the list (section 4.2).
        (first >> 4 != 15).then_some((first >> 4, usize::from(first & 0x0f) + 1, 1))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (id, length, head) = self.head()?;
        let (value, rest) = self.rest.get(head..)?.split_at_checked(length)?;
        self.rest = rest;
        Some((id, value))
    }
}

/// The ids that were negotiated for an m-line; 0: the extension is not used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// Loudness (RFC 6464).
    pub audio_level: u8,
    /// The m-line's name (RFC 9143).
    pub mid: u8,
    /// The simulcast layer's name (RFC 8852).
    pub rid: u8,
    /// The layer that a retransmission repairs (RFC 8852).
    pub repaired_rid: u8,
    /// Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    pub transport_sequence: u8,
    /// Coordination of video orientation (3GPP TS 26.114).
    pub orientation: u8,
    /// Dependency Descriptor (AV1 RTP specification, appendix A).
    pub dependency: u8,
    /// How long a receiver keeps pictures before it shows them.
    pub playout_delay: u8,
}

/// The URI of the Dependency Descriptor, which str0m does not know.
pub const DEPENDENCY_URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// The URI of the playout delay: two times of twelve bits, the least and the most, in units of 10 ms.
pub const PLAYOUT_DELAY_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

impl ExtensionIds {
    /// Take an id by its extension's URI; unknown ones are left out.
    pub fn learn(&mut self, id: u8, uri: &str) {
        let place = match uri {
            "urn:ietf:params:rtp-hdrext:ssrc-audio-level" => &mut self.audio_level,
            "urn:ietf:params:rtp-hdrext:sdes:mid" => &mut self.mid,
            "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" => &mut self.rid,
            "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" => &mut self.repaired_rid,
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" => &mut self.transport_sequence,
            "urn:3gpp:video-orientation" => &mut self.orientation,
            DEPENDENCY_URI => &mut self.dependency,
            PLAYOUT_DELAY_URI => &mut self.playout_delay,
            _ => return,
        };
        *place = id;
    }
}

#[cfg(test)]
mod tests {
    use super::{Elements, ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};

    #[test]
    fn the_short_form_is_read_with_padding_between() {
        let data = [0x10, 0x85, 0, 0, 0x31, 1, 2, 0xf0, 9];
        let elements: Vec<_> = Elements::new(ONE_BYTE_PROFILE, &data).collect();
        assert_eq!(elements, [(1, &[0x85][..]), (3, &[1, 2][..])]);
    }

    #[test]
    fn the_wide_form_is_read_with_empty_values() {
        let data = [1, 0, 0, 20, 2, 7, 8, 0];
        let elements: Vec<_> = Elements::new(TWO_BYTE_PROFILE | 5, &data).collect();
        assert_eq!(elements, [(1, &[][..]), (20, &[7, 8][..])]);
    }

    #[test]
    fn a_value_that_ends_too_early_ends_the_list() {
        assert_eq!(Elements::new(ONE_BYTE_PROFILE, &[0x13, 1, 2]).count(), 0);
        assert_eq!(Elements::new(TWO_BYTE_PROFILE, &[1, 3, 1, 2]).count(), 0);
        assert_eq!(Elements::new(0x1234, &[0x10, 1]).count(), 0);
    }
}
