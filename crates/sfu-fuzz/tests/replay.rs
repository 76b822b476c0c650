//! Seeds and former findings, run by the ordinary compiler: without libFuzzer, with every `cargo test`.

use std::path::{Path, PathBuf};

use sfu_fuzz::{TARGETS, Target};

/// Inputs of the slow targets cost milliseconds: there only some bytes are changed.
const CHANGED_BYTES: usize = 2_000;

fn regressions(target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target.name);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

#[test]
fn every_seed_and_every_former_finding_passes() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} begins with nothing", target.name);
        for seed in seeds {
            assert!(seed.len() <= target.max_bytes, "a seed of {} has {} bytes", target.name, seed.len());
            (target.run)(&seed);
        }
        for file in regressions(&target) {
            println!("{}", file.display());
            (target.run)(&std::fs::read(&file).expect("a readable file"));
        }
    }
}

#[test]
fn seeds_with_one_byte_changed_pass() {
    for target in TARGETS.iter().filter(|target| !["sdp", "handshake", "call", "worker"].contains(&target.name)) {
        let seeds = (target.seeds)();
        let total: usize = seeds.iter().map(Vec::len).sum();
        let every = total / CHANGED_BYTES + 1;
        for mut seed in seeds {
            for at in (0..seed.len()).step_by(every) {
                for change in [0xff, 0x01] {
                    seed[at] ^= change;
                    (target.run)(&seed);
                    seed[at] ^= change;
                }
            }
        }
    }
}

#[test]
fn an_empty_input_passes() {
    TARGETS.iter().for_each(|target| (target.run)(&[]));
}

#[test]
fn every_folder_of_findings_belongs_to_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        assert!(TARGETS.iter().any(|target| name == target.name), "{name:?}");
    }
}
