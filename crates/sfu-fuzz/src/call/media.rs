//! Packets as a client may send them: its own streams with headers that are right, except where the target says.

use super::client::{Client, RIDS, Stream};

/// The extension ids that str0m offers.
const MID: u8 = 4;
const TRANSPORT_SEQUENCE: u8 = 3;
const RID: u8 = 10;
const REPAIRED_RID: u8 = 11;

/// What a target chooses of a packet.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    pub stream: Stream,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub padding: bool,
    /// Instead of the codec's.
    pub payload_type: Option<u8>,
    /// Elements that come before ours, in the wide form.
    pub extensions: &'a [u8],
    pub payload: &'a [u8],
}

impl Shape<'_> {
    fn ssrc(&self) -> u32 {
        match self.stream {
            Stream::Voice => 100,
            Stream::Layer(layer) => 101 + u32::from(layer),
            Stream::Repair(layer) => 201 + u32::from(layer),
        }
    }

    /// The packet without protection.
    pub fn packet(&self, client: &Client) -> Vec<u8> {
        let payload_type = self.payload_type.unwrap_or_else(|| client.payload_type(self.stream)) & 0x7f;
        let mut packet = vec![0x90 | u8::from(self.padding) << 5, u8::from(self.marker) << 7 | payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc().to_be_bytes());
        let elements = self.elements(client);
        packet.extend([0x10, 0, 0, (elements.len() / 4) as u8]);
        packet.extend(elements);
        packet.extend(self.payload);
        packet
    }

    fn elements(&self, client: &Client) -> Vec<u8> {
        let mut elements = self.extensions.to_vec();
        let mut put = |id: u8, value: &[u8]| {
            elements.extend([id, value.len() as u8]);
            elements.extend(value);
        };
        let mid = if self.stream == Stream::Voice { client.microphone } else { client.camera };
        put(MID, mid.as_bytes());
        put(TRANSPORT_SEQUENCE, &self.sequence.to_be_bytes());
        match self.stream {
            Stream::Voice => {}
            Stream::Layer(layer) => put(RID, RIDS[usize::from(layer) % 3].as_bytes()),
            Stream::Repair(layer) => put(REPAIRED_RID, RIDS[usize::from(layer) % 3].as_bytes()),
        }
        elements.resize(elements.len().next_multiple_of(4), 0);
        elements
    }
}
