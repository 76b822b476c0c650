//! The outgoing sequence numbers of one receive slot: packets of changing sources become one stream without a seam.
//!
//! A packet that is dropped on purpose leaves no hole, so that the receiver asks for nothing. A packet that is missing
//! on its way in keeps its place: it may come late, and the receiver shall ask for it.

/// Where an outgoing stream begins. Below 2^15, because the rollover counter of a new stream must be 0 even when its
/// first packets are lost (RFC 3711 section 3.3.1), and above 0 for the same reason with reordering.
pub const FIRST_SEQUENCE: u64 = 1_000;
/// A jump of the source's numbers beyond this is no loss: the stream continues without a hole.
pub const MAX_JUMP: u64 = 3_000;
/// The longest history.
pub const MAX_HISTORY: usize = 4_096;

/// The incoming packet behind an outgoing number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Which attach it came after; see [`Sequence::attach`].
    pub epoch: u32,
    /// Its number at its source.
    pub incoming: u64,
}

/// Maps the incoming numbers of the current source to outgoing ones and remembers the newest.
#[derive(Debug)]
pub struct Sequence {
    source: Option<Source>,
    epoch: u32,
    next_out: u64,
    /// By outgoing number; the length is a power of two.
    history: Box<[Entry]>,
}

/// Where the current source is.
#[derive(Debug, Clone, Copy)]
struct Source {
    /// Incoming numbers before it belong to nobody here.
    first_in: u64,
    next_in: u64,
    first_out: u64,
}

impl Sequence {
    /// A stream that remembers its newest packets, `history` of them: rounded up to a power of two, at most
    /// [`MAX_HISTORY`], 8 bytes each, allocated here.
    pub fn new(history: usize) -> Self {
        let length = history.clamp(1, MAX_HISTORY).next_power_of_two();
        Sequence {
            source: None,
            epoch: 0,
            next_out: FIRST_SEQUENCE,
            history: vec![Entry::EMPTY; length].into_boxed_slice(),
        }
    }

    /// A new source, whose packets count from `first_in`: the stream continues with the next number. Packets of the
    /// source before can still be found, not forwarded. The epoch of the packets from now on.
    pub fn attach(&mut self, first_in: u64) -> u32 {
        self.epoch = self.epoch.wrapping_add(1);
        self.begin(first_in);
        self.epoch
    }

    /// No source: nothing is forwarded until the next attach.
    pub fn detach(&mut self) {
        self.source = None;
    }

    /// The epoch of the newest attach; 0 before the first.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The newest number given out or kept for a missing packet; `None` before the first.
    pub fn newest(&self) -> Option<u64> {
        (self.next_out > FIRST_SEQUENCE).then(|| self.next_out - 1)
    }

    /// The outgoing number of a packet that is sent now. `None`: there is no source, the packet belongs before the
    /// switch, it was forwarded or dropped before, or it is older than the history.
    pub fn forward(&mut self, incoming: u64) -> Option<u64> {
        let source = self.source?;
        if incoming >= source.next_in {
            return Some(self.forward_newest(source, incoming));
        }
        let outgoing = self.place_kept(source, incoming)?;
        self.entry_mut(outgoing).set_sent();
        Some(outgoing)
    }

    /// A packet that is not sent on purpose: the numbers behind it move up. One that is not newer than all others is
    /// ignored: its place was kept, and later packets have theirs.
    pub fn drop(&mut self, incoming: u64) {
        let Some(source) = self.source else { return };
        if incoming >= source.next_in {
            let source = self.keep_places(source, incoming);
            self.source = Some(Source { next_in: incoming + 1, ..source });
        }
    }

    /// The packet behind an outgoing number of 16 bits, for a request to send it again; `None` when it was not sent or
    /// is forgotten.
    pub fn find(&self, outgoing: u16) -> Option<Sent> {
        let newest = self.newest()?;
        let behind = u64::from((newest as u16).wrapping_sub(outgoing));
        let outgoing = newest.checked_sub(behind).filter(|&outgoing| outgoing >= self.oldest())?;
        let entry = self.entry(outgoing);
        // The epochs of the history are near to the current one: its lower 16 bits tell.
        let epochs_ago = (self.epoch as u16).wrapping_sub(entry.epoch());
        let sent = Sent { epoch: self.epoch.wrapping_sub(u32::from(epochs_ago)), incoming: entry.incoming() };
        entry.is_sent().then_some(sent)
    }

    fn begin(&mut self, first_in: u64) -> Source {
        let source = Source { first_in, next_in: first_in, first_out: self.next_out };
        self.source = Some(source);
        source
    }

    fn forward_newest(&mut self, source: Source, incoming: u64) -> u64 {
        let source = self.keep_places(source, incoming);
        self.source = Some(Source { next_in: incoming + 1, ..source });
        self.push(Entry::new(self.epoch, incoming, true))
    }

    /// Keeps a place for every packet that is missing before this one.
    fn keep_places(&mut self, source: Source, incoming: u64) -> Source {
        if incoming - source.next_in > MAX_JUMP {
            return self.begin(incoming);
        }
        for missing in source.next_in..incoming {
            self.push(Entry::new(self.epoch, missing, false));
        }
        source
    }

    /// The place kept for a missing packet of the current source: its entries ascend by incoming numbers.
    fn place_kept(&self, source: Source, incoming: u64) -> Option<u64> {
        if incoming < source.first_in {
            return None;
        }
        let (mut low, mut high) = (source.first_out.max(self.oldest()), self.next_out);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle).incoming() < incoming {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let entry = self.entry(low);
        (low < self.next_out && entry.incoming() == incoming && !entry.is_sent()).then_some(low)
    }

    fn push(&mut self, entry: Entry) -> u64 {
        let outgoing = self.next_out;
        self.next_out += 1;
        *self.entry_mut(outgoing) = entry;
        outgoing
    }

    fn oldest(&self) -> u64 {
        self.next_out.saturating_sub(self.history.len() as u64).max(FIRST_SEQUENCE)
    }

    fn entry(&self, outgoing: u64) -> Entry {
        // In bounds: masked by a length that is a power of two.
        self.history[outgoing as usize & (self.history.len() - 1)]
    }

    fn entry_mut(&mut self, outgoing: u64) -> &mut Entry {
        let at = outgoing as usize & (self.history.len() - 1);
        &mut self.history[at]
    }
}

/// What an outgoing number stands for, in 8 bytes: 47 bits of the incoming number, 16 of the epoch, and whether it was
/// sent. At a thousand packets a second 47 bits last for 4,000 years.
#[derive(Debug, Clone, Copy)]
struct Entry(u64);

impl Entry {
    const EMPTY: Entry = Entry(0);

    fn new(epoch: u32, incoming: u64, sent: bool) -> Self {
        Entry(incoming << 17 | u64::from(epoch as u16) << 1 | u64::from(sent))
    }

    fn incoming(self) -> u64 {
        self.0 >> 17
    }

    fn epoch(self) -> u16 {
        (self.0 >> 1) as u16
    }

    fn is_sent(self) -> bool {
        self.0 & 1 != 0
    }

    fn set_sent(&mut self) {
        self.0 |= 1;
    }
}
