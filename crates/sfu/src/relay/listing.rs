//! The other end's list of publishers, put together from its entries.

use super::listed::Listed;

/// A list longer than this is not believed.
const MAX_PUBLISHERS: usize = 4_096;

/// The list that is in force, and the one that is arriving.
#[derive(Debug, Default)]
pub struct Listing {
    version: u32,
    current: Vec<Listed>,
    arriving: Option<Arriving>,
}

#[derive(Debug)]
struct Arriving {
    version: u32,
    count: Option<usize>,
    entries: Vec<Option<Listed>>,
}

impl Listing {
    /// The version of the list in force; 0: none came yet.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The list in force.
    pub fn current(&self) -> &[Listed] {
        &self.current
    }

    /// A list of so many entries is on its way; whether it is complete.
    pub fn announce(&mut self, version: u32, count: u16) -> bool {
        if let Some(arriving) = self.arriving(version).filter(|_| usize::from(count) <= MAX_PUBLISHERS) {
            arriving.count = Some(usize::from(count));
        }
        self.complete()
    }

    /// An entry came; whether its list is complete.
    pub fn entry(&mut self, version: u32, index: u16, listed: Listed) -> bool {
        let index = usize::from(index);
        if let Some(arriving) = self.arriving(version).filter(|_| index < MAX_PUBLISHERS) {
            if arriving.entries.len() <= index {
                arriving.entries.resize(index + 1, None);
            }
            arriving.entries[index] = Some(listed);
        }
        self.complete()
    }

    /// The list of a version; `None` when it is old.
    fn arriving(&mut self, version: u32) -> Option<&mut Arriving> {
        if version <= self.version || self.arriving.as_ref().is_some_and(|arriving| arriving.version > version) {
            return None;
        }
        if self.arriving.as_ref().is_none_or(|arriving| arriving.version != version) {
            self.arriving = Some(Arriving { version, count: None, entries: Vec::new() });
        }
        self.arriving.as_mut()
    }

    fn complete(&mut self) -> bool {
        let is_complete = |arriving: &mut Arriving| {
            arriving.count == Some(arriving.entries.len()) && arriving.entries.iter().all(Option::is_some)
        };
        let Some(arriving) = self.arriving.take_if(is_complete) else { return false };
        self.version = arriving.version;
        self.current = arriving.entries.into_iter().flatten().collect();
        true
    }
}
