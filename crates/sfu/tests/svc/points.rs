//! Single packets at which something may or may not begin.

use sfu::codec::{Codec, StreamState, inspect};
use sfu::svc::{Decision, Layers, Selector};
use str0m::format::Codec as Name;

use crate::source::{Prediction, Source, Syntax};

struct Slot {
    codec: Codec,
    stream: StreamState,
    selector: Selector,
}

impl Slot {
    fn new(name: Name, spatial: u8, temporal: u8) -> Self {
        let codec = Codec { name, profile: 0, redundant: false, clock_hz: 90_000 };
        let selector = Selector::new(Layers { spatial, temporal });
        Slot { codec, stream: StreamState::default(), selector }
    }

    /// `Some(marker)` when the packet is forwarded.
    fn take(&mut self, payload: &[u8], dependency: Option<&[u8]>) -> Option<bool> {
        let meta = inspect(self.codec, payload, dependency, &mut self.stream);
        match self.selector.decide(&meta, &self.stream) {
            Decision::Forward { marker } => Some(marker),
            Decision::Drop => None,
        }
    }
}

/// A VP9 packet that is a whole layer frame: P, D, and the spatial layer of a picture.
fn vp9(picture: u8, spatial: u8, inter: bool, needs_lower: bool) -> [u8; 6] {
    let flags = 0xac | u8::from(inter) << 6 | u8::from(spatial == 1);
    [flags, picture, spatial << 1 | u8::from(needs_lower), 0, 1, 2]
}

#[test]
fn a_higher_layer_begins_in_the_midst_of_a_picture_where_it_needs_no_earlier_one() {
    let mut slot = Slot::new(Name::Vp9, 0, 0);
    assert_eq!(slot.take(&vp9(1, 0, false, false), None), Some(true));
    assert_eq!(slot.take(&vp9(1, 1, false, true), None), None);
    slot.selector.want(Layers::ALL);
    assert_eq!(slot.take(&vp9(2, 0, true, false), None), Some(true));
    assert_eq!(slot.take(&vp9(2, 1, true, true), None), None);
    assert!(slot.selector.needs_keyframe());
    // Refreshed by the lower layer of its picture alone, as a layer refresh request asks for.
    assert_eq!(slot.take(&vp9(3, 0, true, false), None), Some(true));
    assert_eq!(slot.take(&vp9(3, 1, false, true), None), Some(true));
    assert!(!slot.selector.needs_keyframe());
    assert_eq!(slot.take(&vp9(4, 0, true, false), None), Some(false));
    assert_eq!(slot.take(&vp9(4, 1, true, true), None), Some(true));
}

#[test]
fn a_higher_layer_does_not_begin_on_a_lower_one_that_was_left_out() {
    let mut slot = Slot::new(Name::Vp9, 1, 0);
    // Picture 2 is inter, but its lower layer has not come.
    assert_eq!(slot.take(&vp9(1, 0, false, false), None), Some(true));
    assert_eq!(slot.take(&vp9(2, 1, false, true), None), None);
}

#[test]
fn a_spatial_layer_that_is_no_longer_sent_gives_its_place_to_the_next() {
    let mut slot = Slot::new(Name::Vp9, 7, 0);
    for picture in 1..10 {
        slot.take(&vp9(picture, 0, picture > 1, false), None);
        slot.take(&vp9(picture, 1, picture > 1, true), None);
    }
    let markers: Vec<_> = (10..30).map(|picture| slot.take(&vp9(picture, 0, true, false), None)).collect();
    assert!(markers.iter().all(Option::is_some));
    assert_eq!((markers[0], markers[19]), (Some(false), Some(true)));
    assert!(!slot.selector.needs_keyframe(), "nothing higher is there to be asked for");
}

#[test]
fn h264_loses_the_slices_that_nobody_needs_a_picture_at_a_time() {
    let (parameters, idr, slice, unused) = ([0x67, 0x42], [0x65, 0x88], [0x41, 0x9a], [0x01, 0x9a]);
    let mut slot = Slot::new(Name::H264, 0, 7);
    assert_eq!(slot.take(&slice, None), None, "no keyframe yet");
    assert!(slot.selector.needs_keyframe());
    for payload in [&parameters, &idr, &slice, &unused] {
        assert!(slot.take(payload, None).is_some());
    }
    slot.selector.want(Layers { spatial: 0, temporal: 0 });
    assert!(slot.take(&unused, None).is_some(), "the rest of a picture that has begun");
    assert!(slot.take(&slice, None).is_some());
    assert_eq!(slot.take(&unused, None), None);
    slot.selector.want(Layers::ALL);
    assert_eq!(slot.take(&unused, None), None, "the rest of a picture that was left out");
    assert!(slot.take(&slice, None).is_some() && slot.take(&unused, None).is_some());
}

#[test]
fn a_keyframe_whose_packets_came_in_the_wrong_order_is_not_begun_with() {
    let mut slot = Slot::new(Name::Vp8, 0, 0);
    let mut source = Source::new(1, 1, Prediction::Full, Syntax::Vp8, 7);
    let packets = source.next_picture(true, 2);
    assert_eq!(slot.take(&packets[1].payload, None), None);
    assert_eq!(slot.take(&packets[0].payload, None), None);
    assert!(slot.selector.needs_keyframe());
    // Unless all is decided again, in order.
    slot.selector.restart();
    assert!(packets.iter().all(|packet| slot.take(&packet.payload, None).is_some()));
}

#[test]
fn a_sender_that_begins_anew_is_followed_from_its_keyframe() {
    for (syntax, name) in [
        (Syntax::Vp8, Name::Vp8),
        (Syntax::Vp9 { flexible: false, up_at_base: true }, Name::Vp9),
        (Syntax::Dependency, Name::Av1),
    ] {
        let mut slot = Slot::new(name, 7, 7);
        for first in [30_000, 20_000, 31_000] {
            let mut source = Source::new(1, 3, Prediction::Full, syntax, first);
            for packet in (0..60).flat_map(|_| source.next_picture(false, 2)).collect::<Vec<_>>() {
                assert!(slot.take(&packet.payload, packet.dependency.as_deref()).is_some(), "{name:?} from {first}");
            }
        }
    }
}

#[test]
fn sound_is_always_forwarded() {
    let mut slot = Slot::new(Name::Opus, 0, 0);
    assert_eq!(slot.take(&[0xfc, 1], None), Some(false));
    assert!(!slot.selector.needs_keyframe());
}
