//! Lists the fuzz targets, writes their seeds, replays inputs, and fuzzes where it was built with libFuzzer.

use std::path::Path;
use std::process::ExitCode;

use sfu_fuzz::{TARGETS, Target};

const USAGE: &str = "sfu-fuzz list | seeds TARGET FOLDER | replay TARGET FILE... | fuzz TARGET [LIBFUZZER-ARGUMENT]...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match perform(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: &[String]) -> Result<u8, String> {
    let (verb, rest) = arguments.split_first().ok_or(USAGE)?;
    if verb == "list" {
        TARGETS.iter().for_each(|target| println!("{} {}", target.name, target.max_bytes));
        return Ok(0);
    }
    let (name, rest) = rest.split_first().ok_or(USAGE)?;
    let target = TARGETS.iter().find(|target| target.name == name).ok_or("there is no such target")?;
    match (verb.as_str(), rest) {
        ("seeds", [folder]) => write_seeds(target, Path::new(folder)),
        ("replay", files) => replay(target, files),
        ("fuzz", words) => fuzz(target, words),
        _ => Err(USAGE.into()),
    }
}

fn write_seeds(target: &Target, folder: &Path) -> Result<u8, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed).map_err(|error| error.to_string())?;
    }
    Ok(0)
}

fn replay(target: &Target, files: &[String]) -> Result<u8, String> {
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        (target.run)(&bytes);
        println!("{file}: {} bytes, nothing found", bytes.len());
    }
    Ok(0)
}

#[cfg(feature = "libfuzzer")]
fn fuzz(target: &Target, words: &[String]) -> Result<u8, String> {
    Ok(sfu_fuzz::driver::fuzz(*target, words) as u8)
}

#[cfg(not(feature = "libfuzzer"))]
fn fuzz(_: &Target, _: &[String]) -> Result<u8, String> {
    Err("this was built without libFuzzer: make fuzz".into())
}
