//! What a datagram on the media port is, by its first bytes (RFC 7983).

/// The kinds of datagrams that share one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// STUN, DTLS: for ICE and the handshake.
    Transport,
    /// A media packet.
    Rtp,
    /// Reports and requests.
    Rtcp,
    /// Nothing of ours.
    Unknown,
}

/// Tell a datagram's kind. RTCP's packet types 192 to 223 lie where RTP has its marker and payload types 64 to 95,
/// which nobody may use when both share a port (RFC 5761).
pub fn incoming(bytes: &[u8]) -> Incoming {
    match bytes {
        [0..=3 | 20..=63, ..] => Incoming::Transport,
        [128..=191, 192..=223, ..] => Incoming::Rtcp,
        [128..=191, _, ..] => Incoming::Rtp,
        _ => Incoming::Unknown,
    }
}
