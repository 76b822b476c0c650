//! The little of STUN (RFC 8489) and ICE (RFC 8445) that routing needs: is it STUN, whom does it name, is it the path.

const HEADER_BYTES: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const USERNAME: u16 = 0x0006;
const USE_CANDIDATE: u16 = 0x0025;

/// Whether the bytes are a STUN message.
pub fn is_stun(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER_BYTES && bytes[0] < 2 && bytes[4..8] == MAGIC_COOKIE
}

/// The receiver's name fragment in a binding request: what stands before the colon of the user name.
pub fn local_ufrag(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(attribute(bytes, USERNAME)?).ok()?.split(':').next()
}

/// Whether a binding request says that its path is the chosen one.
pub fn nominates(bytes: &[u8]) -> bool {
    bytes.starts_with(&BINDING_REQUEST) && attribute(bytes, USE_CANDIDATE).is_some()
}

fn attribute(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = bytes.get(HEADER_BYTES..).filter(|_| is_stun(bytes))?;
    while let [t0, t1, l0, l1, body @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        let value = body.get(..length)?;
        if u16::from_be_bytes([*t0, *t1]) == wanted {
            return Some(value);
        }
        rest = body.get(length.next_multiple_of(4)..)?;
    }
    None
}
