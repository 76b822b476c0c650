//! The numbers inside payloads and dependency descriptors, continued when a receiver's stream changes its source.
//!
//! RTP's own numbers belong to the header. These are the decoder's: VP8 and VP9 picture ids and TL0PICIDX, and the
//! frame number of the dependency descriptor. A source that follows another begins one above the newest number sent.
//!
//! VP8 has no references in its packets: receivers wait for every picture id that is missing. So pictures of temporal
//! layers that are left out must leave no gap ([`IdShift::leave_out`]). VP9 and the dependency descriptor count
//! their references in these numbers: there gaps stay.

use str0m::format::Codec as Name;

use super::Codec;
use super::meta::{Meta, PictureId};

/// The newest numbers that a receiver was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NewestIds {
    picture: Option<u16>,
    tl0: Option<u8>,
    frame: Option<u16>,
}

/// What is added to the numbers of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdShift {
    picture: u16,
    tl0: u8,
    frame: u16,
    /// The newest picture that was left out, as the source counts.
    newest_left_out: u16,
    /// Bit k: the picture k before that was left out, too.
    left_out: u64,
}

impl NewestIds {
    /// Note a packet that is sent with its numbers shifted. Late packets change nothing.
    pub fn note(&mut self, meta: &Meta, shift: &mut IdShift) {
        if let (Some(id), Some(order)) = (meta.picture_id, meta.order) {
            shift.forget_before(order);
            let sent = shift.picture(id, order);
            if self.picture.is_none_or(|newest| is_ahead(sent, newest, id.mask())) {
                self.picture = Some(sent);
            }
        }
        if let Some(tl0) = meta.tl0 {
            let sent = tl0.value.wrapping_add(shift.tl0);
            if self.tl0.is_none_or(|newest| is_ahead(u16::from(sent), u16::from(newest), 0xff)) {
                self.tl0 = Some(sent);
            }
        }
        if let Some(number) = meta.frame_number {
            let sent = number.wrapping_add(shift.frame);
            if self.frame.is_none_or(|newest| is_ahead(sent, newest, u16::MAX)) {
                self.frame = Some(sent);
            }
        }
    }
}

impl IdShift {
    /// The shift by which a source that begins with `first` continues what was sent. A receiver that was sent nothing
    /// gets the source's numbers.
    pub fn continuing(newest: &NewestIds, first: &Meta) -> IdShift {
        let next = |newest: u16, own: u16| newest.wrapping_add(1).wrapping_sub(own);
        let picture = newest.picture.zip(first.picture_id).map(|(newest, id)| next(newest, id.value()));
        let tl0 = newest.tl0.zip(first.tl0).map(|(newest, tl0)| newest.wrapping_add(1).wrapping_sub(tl0.value));
        let frame = newest.frame.zip(first.frame_number).map(|(newest, number)| next(newest, number));
        IdShift {
            picture: picture.unwrap_or(0),
            tl0: tl0.unwrap_or(0),
            frame: frame.unwrap_or(0),
            ..IdShift::default()
        }
    }

    /// Whether payloads can go as they are.
    pub fn changes_nothing(&self) -> bool {
        self.picture == 0 && self.tl0 == 0 && self.left_out == 0
    }

    /// Note a packet that is not forwarded: the pictures after it move up, if the codec has it so.
    ///
    /// Late pictures leave their gap: what came after them has gone out already. Packets from before the last 64
    /// pictures are patched as if none had been left out before those.
    pub fn leave_out(&mut self, codec: Codec, meta: &Meta, newest: &NewestIds) {
        let (Name::Vp8, Some(id), Some(order)) = (codec.name, meta.picture_id, meta.order) else {
            return;
        };
        let is_late = newest.picture.is_some_and(|sent| !is_ahead(self.picture(id, order), sent, id.mask()));
        let distance = order.wrapping_sub(self.newest_left_out);
        let is_older = self.left_out != 0 && (distance == 0 || distance >= 0x8000);
        if is_late || is_older {
            return;
        }
        self.left_out = self.left_out.checked_shl(u32::from(distance)).unwrap_or(0) | 1;
        self.newest_left_out = order;
        self.picture = self.picture.wrapping_sub(1);
    }

    /// Forget what was left out long before a picture: numbers that wrap would take it for the future.
    fn forget_before(&mut self, order: u16) {
        const LONG: u16 = 0x1000;
        if (LONG..0x8000).contains(&order.wrapping_sub(self.newest_left_out)) {
            self.left_out = 0;
        }
    }

    /// The id that a picture is sent with.
    fn picture(&self, id: PictureId, order: u16) -> u16 {
        id.value().wrapping_add(self.picture).wrapping_add(self.left_out_after(order)) & id.mask()
    }

    /// How many of the pictures left out come after a picture: those don't count for it.
    fn left_out_after(&self, order: u16) -> u16 {
        let distance = self.newest_left_out.wrapping_sub(order);
        if self.left_out == 0 || distance >= 0x8000 {
            return 0;
        }
        let later = 1u64.checked_shl(u32::from(distance)).map_or(u64::MAX, |bit| bit - 1);
        (self.left_out & later).count_ones() as u16
    }
}

/// Whether a number comes after another, by the shorter way round a field of the width of `mask`.
fn is_ahead(number: u16, other: u16, mask: u16) -> bool {
    let distance = number.wrapping_sub(other) & mask;
    distance != 0 && distance <= mask / 2
}

/// Write the shifted numbers into a copy of the payload that `meta` was found in. Its length stays.
pub fn patch(meta: &Meta, shift: &IdShift, payload: &mut [u8]) {
    if let (Some(id), Some(order)) = (meta.picture_id, meta.order) {
        patch_picture(payload, usize::from(meta.picture_id_at), id, shift.picture(id, order));
    }
    if let Some(tl0) = meta.tl0
        && let Some(place) = payload.get_mut(usize::from(tl0.at))
    {
        *place = tl0.value.wrapping_add(shift.tl0);
    }
}

fn patch_picture(payload: &mut [u8], at: usize, id: PictureId, sent: u16) {
    let [high, low] = sent.to_be_bytes();
    match (id, payload.get_mut(at..)) {
        (PictureId::Short(_), Some([place, ..])) => *place = low & 0x7f,
        (PictureId::Long(_), Some([first, second, ..])) => (*first, *second) = (0x80 | high, low),
        _ => {}
    }
}

/// Write the shifted frame number into a copy of a dependency descriptor. Its length stays.
pub fn patch_dependency(shift: &IdShift, descriptor: &mut [u8]) {
    if let [_, high, low, ..] = descriptor {
        let number = u16::from_be_bytes([*high, *low]).wrapping_add(shift.frame);
        [*high, *low] = number.to_be_bytes();
    }
}
