//! What a decoder minds: a slot shows one stream, however often what is in it changes.

use crate::client::Received;

pub fn assert_seamless(packets: &[Received]) {
    for pair in packets.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        assert_eq!(b.sequence, a.sequence + 1, "sequence numbers without a gap");
        let ticks = b.timestamp.wrapping_sub(a.timestamp);
        assert!(ticks < 90_000, "timestamps grow, and by no more than a second: {ticks}");
        let same_frame = b.tag == a.tag;
        assert_eq!(ticks == 0, same_frame, "one timestamp a frame");
        let step = b.picture_id.unwrap().wrapping_sub(a.picture_id.unwrap()) & 0x7fff;
        assert_eq!(step, u16::from(!same_frame), "picture ids follow each other");
        let step = b.tl0.unwrap().wrapping_sub(a.tl0.unwrap());
        assert_eq!(step, u8::from(!same_frame && b.temporal == 0), "TL0PICIDX counts the lowest temporal layer");
        if a.tag.layer != b.tag.layer || a.tag.client != b.tag.client {
            assert!(b.keyframe, "a layer begins with a keyframe");
        }
    }
}
