//! RTP on the wire (RFC 3550): the header that comes, the extensions in it (RFC 8285), and the header that goes.

pub mod extensions;
pub mod header;
pub mod kinds;
pub mod template;

pub use extensions::{Elements, ExtensionIds};
pub use header::Header;
pub use kinds::{Incoming, incoming};

/// The extended number that 16 bits mean, given the newest one known: the nearest (RFC 3711, appendix A).
pub fn extend(newest: Option<u64>, sequence: u16) -> u64 {
    let Some(newest) = newest else { return u64::from(sequence) };
    let ahead = sequence.wrapping_sub(newest as u16);
    if ahead < 0x8000 {
        return newest + u64::from(ahead);
    }
    let behind = u64::from((newest as u16).wrapping_sub(sequence));
    // Before the first number of all there is nothing: such a number belongs to the next round.
    newest.checked_sub(behind).unwrap_or(newest + u64::from(ahead))
}

#[cfg(test)]
mod tests {
    use super::extend;

    #[test]
    fn sixteen_bits_mean_the_nearest_number() {
        assert_eq!(extend(None, 7), 7);
        assert_eq!(extend(Some(65_535), 0), 65_536);
        assert_eq!(extend(Some(65_536), 65_535), 65_535);
        assert_eq!(extend(Some(1_000_000), (1_000_000u64 - 30_000) as u16), 970_000);
        assert_eq!(extend(Some(5), 65_535), 65_535);
    }
}
