//! Receivers are told which decode targets are still whole.

use std::collections::BTreeSet;

use sfu::codec::dependency::{DependencyStructure, Descriptor};
use sfu::codec::{StreamState, inspect};
use sfu::svc::announce;

use crate::run::{Network, Run, codec};
use crate::source::{Prediction, Source, Syntax};

fn run(prediction: Prediction, seed: u64) -> Run {
    let mut source = Source::new(3, 3, prediction, Syntax::Dependency, 500 + seed);
    source.verbose = seed.is_multiple_of(2);
    Run::new(source, seed, Network::default())
}

/// Follow the descriptors as a receiver does; every chain that protects an active decode target must be whole.
fn check_chains(run: &Run) {
    let mut structure: Option<DependencyStructure> = None;
    let mut active = 0;
    let mut received = BTreeSet::new();
    for sent in &run.sent {
        let bytes = sent.dependency.as_deref().expect("a descriptor");
        let descriptor = Descriptor::parse(bytes, structure.as_ref()).expect("a readable descriptor");
        structure = descriptor.structure.or(structure);
        active = descriptor.active_targets.unwrap_or(active);
        let rules = structure.as_ref().expect("a structure");
        for target in (0..rules.targets()).filter(|target| active >> target & 1 == 1) {
            let back = descriptor.definition.chain_distances[usize::from(rules.chain(target))];
            let previous = sent.frame - u64::from(back);
            assert!(
                back == 0 || received.contains(&previous),
                "{:?} is told to be in reach of {:?}, whose chain lacks {:?}",
                rules.layer(target),
                run.source.frame(sent.frame),
                run.source.frame(previous)
            );
        }
        received.insert(sent.frame);
    }
}

#[test]
fn no_receiver_is_told_to_wait_for_a_chain_that_is_not_sent() {
    for prediction in [Prediction::Full, Prediction::KeyOnly] {
        for seed in 0..30 {
            let mut run = run(prediction, seed);
            for _ in 0..20 {
                let (spatial, temporal) = (run.random.below(4) as u8, run.random.below(4) as u8);
                run.want(spatial, temporal);
                let pictures = 1 + run.random.below(20) as usize;
                run.pictures(pictures);
            }
            check_chains(&run);
        }
    }
}

#[test]
fn a_receiver_of_everything_gets_the_descriptors_as_they_came() {
    let mut run = run(Prediction::Full, 1);
    run.pictures(30);
    assert!(
        run.sent.iter().all(|sent| sent.dependency.as_ref().is_some_and(|bytes| bytes.len() == 3 || bytes.len() > 40))
    );
}

#[test]
fn what_remains_is_announced_at_every_frame() {
    let mut run = run(Prediction::Full, 1);
    run.want(1, 1);
    run.pictures(20);
    // Targets are numbered from the highest: (1, 1), (1, 0), (0, 1) and (0, 0) are 4, 5, 7 and 8.
    let mut structure = None;
    for sent in &run.sent {
        let bytes = sent.dependency.as_deref().expect("a descriptor");
        let descriptor = Descriptor::parse(bytes, structure.as_ref()).expect("a readable descriptor");
        structure = descriptor.structure.or(structure);
        assert_eq!(descriptor.active_targets, descriptor.begins_frame.then_some(0b1_1011_0000));
    }
}

#[test]
fn a_new_set_changes_nothing_else_in_a_descriptor() {
    for verbose in [false, true] {
        let mut source = Source::new(3, 3, Prediction::Full, Syntax::Dependency, 900);
        source.verbose = verbose;
        let mut stream = StreamState::default();
        for packet in (0..9).flat_map(|_| source.next_picture(false, 2)).collect::<Vec<_>>() {
            let bytes = packet.dependency.expect("a descriptor");
            inspect(codec(Syntax::Dependency), &packet.payload, Some(&bytes), &mut stream);
            let known = stream.dependencies().map(|known| known.structure());
            let mut out = [0xff; 128];
            let length = announce(&bytes, &stream, 0b1_0101_0101, &mut out).expect("room");
            let mut old = Descriptor::parse(&bytes, known).expect("the old descriptor");
            let new = Descriptor::parse(&out[..length], known).expect("the new descriptor");
            assert!(length <= bytes.len() + 2, "nine bits and five flags");
            assert_eq!(new.active_targets, Some(0b1_0101_0101));
            assert_eq!((new.begins_frame, new.ends_frame, new.number), (old.begins_frame, old.ends_frame, old.number));
            assert_eq!(new.structure, old.structure.take());
            assert_eq!(new.definition, old.definition);
            // Again, over what is written now: another set, the same length.
            let mut again = [0; 128];
            assert_eq!(announce(&out[..length], &stream, 1, &mut again), Some(length));
            // A buffer that is too small gets nothing.
            assert_eq!(announce(&bytes, &stream, 1, &mut again[..length - 1]), None);
        }
    }
}
