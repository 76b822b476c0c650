//! Valid packets as another implementation may write them: every form the documents allow, not only those our writer
//! chooses.

use crate::random::Random;
use crate::seen::UNIX_EPOCH_S;

/// A packet by its header fields and body; padded to a word with the padding bit.
pub fn packet(count: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (4 + body.len()).next_multiple_of(4);
    let padding = length - 4 - body.len();
    let mut bytes = vec![0x80 | count, kind];
    bytes.extend((length as u16 / 4 - 1).to_be_bytes());
    bytes.extend(body);
    bytes.resize(length, 0);
    if padding > 0 {
        bytes[0] |= 0x20;
        bytes[length - 1] = padding as u8;
    }
    bytes
}

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A compound of one to five random packets.
pub fn random_compound(random: &mut Random) -> Vec<u8> {
    (0..=random.below(5)).flat_map(|_| random_packet(random)).collect()
}

fn random_packet(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => random_report(random, 200, 6),
        1 => random_report(random, 201, 1),
        2 => packet(1, 202, &[&words(&[random.u32()])[..], &[1, 5], b"names", &[0]].concat()),
        3 => {
            let ssrcs: Vec<u32> = (0..1 + random.below(31)).map(|_| random.u32()).collect();
            packet(ssrcs.len() as u8, 203, &words(&ssrcs))
        }
        4 => {
            let pairs = (0..3 + random.below(20)).map(|_| random.u32());
            packet(1, 205, &words(&pairs.collect::<Vec<_>>()))
        }
        5 => packet(1, 206, &words(&[random.u32(), random.u32()])),
        6 => {
            let mut content = vec![random.u32(), 0];
            (0..1 + random.below(9)).for_each(|_| content.extend([random.u32(), random.u32() & 0xff00_0000]));
            packet(4, 206, &words(&content))
        }
        7 => {
            let ssrcs = random.ssrcs(10);
            // An exponent up to 6: the other reader holds 24 significant bits.
            let bitrate = (random.below(7) as u32) << 18 | random.u32() & 0x3_ffff | (ssrcs.len() as u32) << 24;
            let fixed = [random.u32(), 0, u32::from_be_bytes(*b"REMB"), bitrate];
            packet(15, 206, &words(&[&fixed[..], &ssrcs].concat()))
        }
        8 => {
            let delays: Vec<u32> = (0..3 * random.below(5)).map(|_| random.u32()).collect();
            let time = [random.u32(), 4 << 24 | 2, random_seconds(random), half(random), 5 << 24 | delays.len() as u32];
            packet(0, 207, &words(&[&time[..], &delays].concat()))
        }
        _ => random_transport_feedback(random),
    }
}

fn random_report(random: &mut Random, kind: u8, fixed_words: usize) -> Vec<u8> {
    let blocks = random.below(32) as usize;
    let mut fixed = vec![random.u32(), random_seconds(random), half(random), random.u32(), random.u32(), random.u32()];
    fixed.truncate(fixed_words);
    fixed.extend((0..blocks * 6).map(|_| random.u32()));
    packet(blocks as u8, kind, &words(&fixed))
}

/// Between 2022 and 2036, where 32 bits of seconds end.
fn random_seconds(random: &mut Random) -> u32 {
    (UNIX_EPOCH_S + 1_650_000_000 + random.below(400_000_000)) as u32
}

fn half(random: &mut Random) -> u32 {
    (random.below(2) as u32) << 31
}

/// Statuses in chunks of random kinds, deltas as they come.
fn random_transport_feedback(random: &mut Random) -> Vec<u8> {
    let mut statuses = Vec::new();
    while statuses.len() < 1 + random.below(200) as usize {
        let symbol = random.below(3) as u16;
        let longest = if random.percent(30) { 40 } else { 2 };
        statuses.extend(std::iter::repeat_n(symbol, 1 + random.below(longest) as usize));
    }
    let mut body = words(&[random.u32(), random.u32(), random.u32() << 16 | statuses.len() as u32]);
    body.extend(((1_000 + random.u32() % 100_000) << 8 | random.u32() & 0xff).to_be_bytes());
    chunks(random, &statuses).iter().for_each(|chunk| body.extend(chunk.to_be_bytes()));
    for symbol in statuses {
        (0..symbol).for_each(|_| body.push(random.u32() as u8));
    }
    packet(15, 205, &body)
}

fn chunks(random: &mut Random, statuses: &[u16]) -> Vec<u16> {
    let mut rest = statuses;
    let mut chunks = Vec::new();
    while let Some(&first) = rest.first() {
        let run = rest.iter().take_while(|&&symbol| symbol == first).count();
        let single = rest.iter().take(14).take_while(|&&symbol| symbol < 2).count();
        // str0m 0.25 loses its way behind a run of large deltas, so the comparison does without them.
        let (chunk, taken) = match random.below(3) {
            0 if single == rest.len().min(14) => {
                let bits = rest[..single].iter().enumerate().map(|(index, symbol)| symbol << (13 - index));
                (0x8000 | bits.sum::<u16>(), single)
            }
            kind if kind == 1 || first == 2 => {
                let taken = rest.len().min(7);
                let bits = rest[..taken].iter().enumerate().map(|(index, symbol)| symbol << (12 - 2 * index));
                (0xc000 | bits.sum::<u16>(), taken)
            }
            _ => {
                let taken = 1 + random.below(run as u64) as usize;
                (first << 13 | taken as u16, taken)
            }
        };
        chunks.push(chunk);
        rest = &rest[taken..];
    }
    chunks
}
