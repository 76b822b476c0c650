//! Frames of `meet.v1` on the fast path: events are not parsed, their numbers are found where they stand.

/// What a talker's name begins with, and what a talker says in the chat.
const NAME: &[u8] = b"\"display_name\":\"t";
const BODY: &[u8] = b"\"body\":\"t";
const SEQ: &[u8] = b"\"seq\":";

/// An event of the room's log.
#[derive(Debug, PartialEq, Eq)]
pub struct RoomEvent<'a> {
    /// Its number.
    pub off: u64,
    /// Of which log.
    pub epoch: &'a [u8],
    /// What follows.
    rest: &'a [u8],
}

/// What a talker put into its display name: when, who, and its how-manieth.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Said {
    /// Microseconds since the start.
    pub at_micros: u64,
    /// Which talker of the room.
    pub talker: usize,
    /// From 0.
    pub number: u32,
}

/// Read an event of the room's log; nothing where the frame is another one.
pub fn room_event(frame: &[u8]) -> Option<RoomEvent<'_>> {
    let rest = frame.strip_prefix(b"{\"f\":\"ev\",\"st\":\"r\",\"off\":")?;
    let (off, rest) = number(rest)?;
    let rest = rest.strip_prefix(b",\"ep\":\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some(RoomEvent { off, epoch: &rest[..end], rest: &rest[end..] })
}

impl RoomEvent<'_> {
    /// What a talker said by it, in the chat (`durable`) or by a name, and the talker's version or the
    /// message's number in the meeting.
    ///
    /// A name from an earlier time of talking comes again with other changes: it says nothing in a time of chat.
    pub fn said(&self, durable: bool) -> Option<(Said, u32)> {
        const VERSION: &[u8] = b"\"version\":";
        if !durable {
            let updated = self.rest.strip_prefix(b"\",\"t\":\"participant.updated\"")?;
            let at = updated.windows(NAME.len()).position(|bytes| bytes == NAME)?;
            let updated = &updated[at + NAME.len()..];
            let at = updated.windows(VERSION.len()).position(|bytes| bytes == VERSION)?;
            return Some((said(updated)?, number(&updated[at + VERSION.len()..])?.0 as u32));
        }
        let message = self.rest.strip_prefix(b"\",\"t\":\"chat.message\"")?;
        let at = message.windows(BODY.len()).position(|bytes| bytes == BODY)?;
        let seq = message.windows(SEQ.len()).position(|bytes| bytes == SEQ)?;
        Some((said(&message[at + BODY.len()..])?, number(&message[seq + SEQ.len()..])?.0 as u32))
    }
}

/// The text after the `t` of a talker's name.
fn said(text: &[u8]) -> Option<Said> {
    let (at_micros, text) = number(text)?;
    let (talker, text) = number(text.strip_prefix(b".")?)?;
    let (count, _) = number(text.strip_prefix(b".")?)?;
    Some(Said { at_micros, talker: talker as usize, number: count as u32 })
}

/// What each talker had said last, in the chat or by a name, as a snapshot shows it.
pub fn said_in_snapshot(frame: &[u8], durable: bool) -> Vec<Said> {
    let begin = if durable { BODY } else { NAME };
    let starts = frame.windows(begin.len()).enumerate().filter(|(_, bytes)| *bytes == begin);
    starts.filter_map(|(at, _)| said(&frame[at + begin.len()..])).collect()
}

/// The name that says it.
pub fn name_of(said: Said) -> String {
    format!("t{}.{}.{}", said.at_micros, said.talker, said.number)
}

fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some((value, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talkers_event_tells_its_number_and_what_was_said() {
        let said = Said { at_micros: 123, talker: 4, number: 5 };
        let frame = format!(
            "{{\"f\":\"ev\",\"st\":\"r\",\"off\":17,\"ep\":\"abc\",\"t\":\"participant.updated\",\"d\":\
             {{\"participant\":{{\"display_name\":\"{}\",\"version\":6}}}}}}",
            name_of(said)
        );
        let event = room_event(frame.as_bytes()).unwrap();
        assert_eq!((event.off, event.epoch), (17, &b"abc"[..]));
        assert_eq!(event.said(false), Some((said, 6)));
        assert_eq!(event.said(true), None);
        assert_eq!(said_in_snapshot(frame.as_bytes(), false), [said]);
    }

    #[test]
    fn other_frames_are_no_events_of_the_room() {
        assert_eq!(room_event(b"{\"f\":\"ack\",\"cid\":1,\"ok\":true}"), None);
        assert_eq!(room_event(b"{\"f\":\"ev\",\"st\":\"p\",\"off\":1,\"ep\":\"a\"}"), None);
    }
}
