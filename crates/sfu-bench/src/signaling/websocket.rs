//! The client's side of RFC 6455, as far as a text protocol over loopback needs it. No I/O.
//!
//! The mask is zero: allowed (a client chooses it), and it leaves the text as it is.

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const MASKED: u8 = 0x80;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A whole text.
    Text(&'a [u8]),
    /// The end, and its code.
    Close(u16),
    /// Something that is of no concern.
    Other,
}

/// The request that opens a WebSocket.
pub fn upgrade(host: &str) -> Vec<u8> {
    // The key is anybody's choice: only a browser has to draw it.
    format!(
        "GET /ws/signaling HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: bWVldGluZy1zeXN0ZW0xMg==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: meet.v1\r\n\r\n"
    )
    .into_bytes()
}

/// Append a text to what is to be written.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(TEXT);
    match text.len() {
        short @ 0..=125 => out.push(MASKED | short as u8),
        middle @ 126..=0xFFFF => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text.as_bytes());
}

/// The first message of `input` and its length there, or nothing while it is not whole.
pub fn read(input: &[u8]) -> Option<(Message<'_>, usize)> {
    let (first, second) = (*input.first()?, *input.get(1)?);
    let (length, head) = match second & 0x7F {
        126 => (usize::from(u16::from_be_bytes(input.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(input.get(2..10)?.try_into().ok()?) as usize, 10),
        short => (usize::from(short), 2),
    };
    let payload = input.get(head..head + length)?;
    let message = match first {
        TEXT => Message::Text(payload),
        CLOSE => Message::Close(payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]))),
        _ => Message::Other,
    };
    Some((message, head + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_not_whole_is_none_yet() {
        let frame = [&[TEXT, 5][..], b"hello"].concat();
        assert_eq!(read(&frame[..6]), None);
        assert_eq!(read(&frame), Some((Message::Text(b"hello"), 7)));
    }

    #[test]
    fn a_close_tells_its_code() {
        assert_eq!(read(&[CLOSE, 2, 0x0F, 0xA8]), Some((Message::Close(4008), 4)));
        assert_eq!(read(&[CLOSE, 0]), Some((Message::Close(1005), 2)));
    }

    #[test]
    fn lengths_have_three_forms() {
        for length in [125, 126, 70_000] {
            let mut out = Vec::new();
            push_text(&mut out, &"x".repeat(length));
            assert_eq!(out.len(), length + 4 + [2, 4, 10][usize::from(length > 125) + usize::from(length > 0xFFFF)]);
        }
    }
}
