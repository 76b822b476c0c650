//! What is forwarded follows the wanted layers, and can be decoded whatever happens.

use crate::run::{Network, Run};
use crate::source::{Prediction, Source, Syntax};

const VP9: Syntax = Syntax::Vp9 { flexible: false, up_at_base: false };

/// Every kind of stream with layers.
fn kinds() -> Vec<(u8, u8, Prediction, Syntax)> {
    let mut kinds = vec![(1, 3, Prediction::Full, Syntax::Vp8), (1, 1, Prediction::Full, Syntax::Vp8)];
    let mut syntaxes = vec![Syntax::Dependency];
    for flexible in [false, true] {
        syntaxes.extend([true, false].map(|up_at_base| Syntax::Vp9 { flexible, up_at_base }));
    }
    for syntax in syntaxes {
        for prediction in [Prediction::Full, Prediction::KeyOnly] {
            kinds.extend([(3, 3, prediction, syntax), (1, 3, prediction, syntax), (3, 1, prediction, syntax)]);
            kinds.push((2, 2, prediction, syntax));
        }
    }
    kinds
}

/// A run whose numbers wrap on the way.
fn run((spatial, temporal, prediction, syntax): (u8, u8, Prediction, Syntax), seed: u64, network: Network) -> Run {
    let mut source = Source::new(spatial, temporal, prediction, syntax, 32_700 + seed % 64);
    source.verbose = seed.is_multiple_of(3);
    let mut run = Run::new(source, seed, network);
    run.label = format!("L{spatial}T{temporal} {prediction:?} {syntax:?} seed {seed}");
    run
}

fn assert_steady(run: &Run, target: (u8, u8)) {
    assert_eq!(run.latest(16), run.expected(16, target), "{}: not just the frames of {target:?}", run.label);
    assert!(!run.selector.needs_keyframe());
}

/// How many runs of each kind of stream; more on demand.
fn seeds() -> u64 {
    std::env::var("SVC_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40)
}

#[test]
fn everything_is_forwarded_when_everything_is_wanted() {
    for kind in kinds() {
        let mut run = run(kind, 1, Network::default());
        run.pictures(40);
        assert_eq!(run.current(), (kind.0 - 1, kind.1 - 1), "{kind:?}");
        assert_steady(&run, (kind.0 - 1, kind.1 - 1));
        assert_eq!(run.keyframes, 0, "{kind:?}");
    }
}

#[test]
fn every_wanted_layer_is_reached_from_every_other() {
    for kind in kinds() {
        let mut run = run(kind, 2, Network::default());
        run.pictures(20);
        let layers: Vec<_> = (0..kind.0).flat_map(|s| (0..kind.1).map(move |t| (s, t))).collect();
        for from in &layers {
            for to in &layers {
                run.want(from.0, from.1);
                run.pictures(40);
                assert_steady(&run, *from);
                run.want(to.0, to.1);
                run.pictures(40);
                assert_eq!(run.current(), *to, "{kind:?} from {from:?}");
                assert_steady(&run, *to);
            }
        }
        run.check_decodable();
    }
}

#[test]
fn a_lower_temporal_layer_comes_at_once_and_a_higher_one_without_a_keyframe() {
    for kind in kinds().into_iter().filter(|kind| kind.1 == 3) {
        let mut run = run(kind, 3, Network::default());
        run.pictures(17);
        run.want(7, 0);
        run.pictures(1);
        assert_eq!(run.latest(1), run.expected(1, (kind.0 - 1, 0)), "{kind:?}");
        run.pictures(9);
        run.want(7, 7);
        run.pictures(24);
        assert_steady(&run, (kind.0 - 1, 2));
        assert_eq!(run.keyframes, 0, "{kind:?}");
    }
}

#[test]
fn a_lower_spatial_layer_comes_at_once_where_it_was_sent() {
    for syntax in [VP9, Syntax::Dependency] {
        let mut run = run((3, 3, Prediction::Full, syntax), 4, Network::default());
        run.pictures(17);
        run.want(0, 7);
        run.pictures(1);
        assert_eq!(run.latest(1), run.expected(1, (0, 2)), "{syntax:?}");
        assert!(!run.selector.needs_keyframe());
    }
}

#[test]
fn without_lower_layers_the_present_one_goes_on_at_its_slowest_until_a_keyframe() {
    for syntax in [VP9, Syntax::Dependency] {
        let mut run = run((3, 3, Prediction::KeyOnly, syntax), 5, Network::default());
        run.obeys_after = None;
        run.pictures(17);
        run.want(0, 7);
        run.pictures(16);
        assert_eq!(run.latest(16), run.expected(16, (2, 0)), "{syntax:?}");
        assert!(run.selector.needs_keyframe());
    }
}

#[test]
fn a_higher_spatial_layer_waits_for_a_keyframe_and_asks_for_it() {
    for syntax in [VP9, Syntax::Dependency] {
        let mut run = run((3, 3, Prediction::Full, syntax), 6, Network::default());
        run.want(0, 7);
        run.pictures(20);
        assert!(!run.selector.needs_keyframe());
        run.obeys_after = None;
        run.want(2, 7);
        run.pictures(20);
        assert_eq!(run.latest(16), run.expected(16, (0, 2)), "{syntax:?}");
        assert!(run.selector.needs_keyframe());
    }
}

#[test]
fn the_last_packet_of_every_picture_has_the_marker_and_no_other_has() {
    for kind in kinds().into_iter().filter(|kind| kind.3 != Syntax::Vp8) {
        for wanted in 0..kind.0 {
            let mut run = run(kind, 7, Network::default());
            run.want(wanted, 7);
            run.pictures(50);
            for pair in run.sent.windows(2) {
                let [first, second] = pair else { unreachable!() };
                let ends = run.source.frame(first.frame).picture != run.source.frame(second.frame).picture;
                assert_eq!(first.marker, ends, "{kind:?} at {:?}", run.source.frame(first.frame));
            }
        }
    }
}

#[test]
fn all_that_is_forwarded_can_be_decoded_whatever_is_lost_late_or_wanted() {
    let networks = [
        Network::default(),
        Network { lost: 0, late: 10, most_late: 20 },
        Network { lost: 3, late: 0, most_late: 1 },
        Network { lost: 5, late: 10, most_late: 12 },
        Network { lost: 30, late: 20, most_late: 12 },
    ];
    for (kind, seed) in kinds().into_iter().flat_map(|kind| (0..seeds()).map(move |seed| (kind, seed))) {
        let mut run = run(kind, seed, networks[seed as usize % networks.len()]);
        for _ in 0..25 {
            let (spatial, temporal) = (run.random.below(4) as u8, run.random.below(4) as u8);
            run.want(spatial, temporal);
            let pictures = 1 + run.random.below(24) as usize;
            run.pictures(pictures);
        }
        run.check_decodable();
        assert!(run.sent.len() > 50, "hardly anything was forwarded");
        // Once the network is good again, everything comes back.
        run.network = Network::default();
        run.want(7, 7);
        run.pictures(80);
        assert_steady(&run, (kind.0 - 1, kind.1 - 1));
    }
}

#[test]
fn a_chain_that_lost_a_frame_for_good_is_broken_and_asks_for_a_keyframe() {
    let mut run = run((3, 3, Prediction::Full, Syntax::Dependency), 9, Network::default());
    run.obeys_after = None;
    run.pictures(20);
    run.network.lost = 100;
    run.pictures(1);
    run.network.lost = 0;
    run.pictures(2);
    assert!(!run.selector.needs_keyframe(), "a retransmission may still bring it");
    run.pictures(14);
    assert!(run.selector.needs_keyframe());
    assert!(run.latest(1).is_empty());
    run.obeys_after = Some(0);
    run.pictures(20);
    assert_steady(&run, (2, 2));
}

#[test]
fn a_loss_outside_the_chains_asks_for_nothing() {
    let mut run = run((3, 3, Prediction::Full, Syntax::Dependency), 10, Network::default());
    // Picture 21 is the first of layer 2 after a picture of layer 0.
    run.pictures(21);
    run.network.lost = 100;
    run.pictures(1);
    run.network.lost = 0;
    run.pictures(40);
    assert_eq!(run.keyframes, 0);
    assert_steady(&run, (2, 2));
}

#[test]
fn hours_without_a_change_wrap_all_numbers_and_change_nothing() {
    for syntax in [Syntax::Vp8, VP9, Syntax::Dependency] {
        let mut run = run((1, 3, Prediction::Full, syntax), 11, Network::default());
        run.pictures(150_000);
        assert_eq!(run.frames().len(), 150_000, "{syntax:?}");
        run.want(0, 0);
        run.pictures(16);
        assert_steady(&run, (0, 0));
    }
}
