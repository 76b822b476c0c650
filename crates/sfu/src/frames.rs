//! Datagrams on a TCP connection: frames with a length of two bytes (RFC 4571), as ICE-TCP has them (RFC 6544).

/// The first frame and what follows it; `None`: it has not come as a whole.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [high, low, body @ ..] = bytes else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    body.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn frames_are_split_at_their_lengths() {
        assert_eq!(split(&[0, 2, 7, 8, 9]), Some((&[7u8, 8][..], &[9u8][..])));
        assert_eq!(split(&[0, 0, 5]), Some((&[][..], &[5u8][..])));
        assert_eq!(split(&[0, 3, 1, 2]), None);
        assert_eq!(split(&[0]), None);
    }
}
