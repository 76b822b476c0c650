//! One end of a connection between two workers about one room.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::bytes::{Reader, Write};
use super::delivery::{self, Incoming, Outgoing};
use super::listing::Listing;
use super::message::{Message, Messages, TrackId};
use super::tunnel::Tunnel;
use crate::model::Id;
use crate::slab::Key;
use crate::transport;

/// A list that was not acknowledged is told again after this.
const ANNOUNCE_AGAIN: Duration = Duration::from_millis(300);
/// Bytes of messages in one datagram, where more than one fit: with all headers it stays below 1,500.
const MAX_DATAGRAM_BYTES: usize = 1_400;

/// Where the other end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Another worker of the engine.
    Worker(usize),
    /// Another process, by the id of the relay.
    Relay(u64),
}

impl End {
    /// Whether it is in another process.
    pub fn is_relay(self) -> bool {
        matches!(self, End::Relay(_))
    }
}

/// A batch for another worker of the engine.
#[derive(Debug)]
pub struct Parcel {
    /// Which worker.
    pub to: usize,
    /// About which room.
    pub room: Id,
    /// The messages.
    pub bytes: Vec<u8>,
}

/// What the beginning of a batch tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The same end as before, or the first.
    Same,
    /// The other end began anew: nothing that it said before holds.
    Anew,
}

/// One end of a connection.
#[derive(Debug)]
pub struct Link {
    /// The room.
    pub room: Id,
    /// The other end.
    pub end: End,
    /// The other end's publishers.
    pub listing: Listing,
    /// Our mirrors of them, by the numbers that they have there.
    pub mirrors: HashMap<u64, Key>,
    /// Whether some of the list could not be mirrored yet: a peer here had the same id.
    pub has_unplaced: bool,
    session: u32,
    their_session: Option<u32>,
    /// The version of our list that they have.
    acknowledged: u32,
    announced: Option<(u32, Instant)>,
    owes_acknowledgement: bool,
    /// Whether the batch that was heard last answers this session: else its pieces and receipts are of another.
    is_addressed: bool,
    outgoing: Outgoing,
    incoming: Incoming,
    batch: Vec<u8>,
    /// Where the datagrams of the batch begin, after the first.
    cuts: Vec<usize>,
    /// The way to another process.
    pub tunnel: Option<Box<Tunnel>>,
}

/// Session, the other's session, the version of their list that is here.
const BEGINNING_BYTES: usize = 12;

impl Link {
    /// An end of which nothing was heard. A session is never used twice between two workers.
    pub fn new(room: Id, end: End, session: u32) -> Self {
        Link {
            room,
            end,
            listing: Listing::default(),
            mirrors: HashMap::new(),
            has_unplaced: false,
            session,
            their_session: None,
            acknowledged: 0,
            announced: None,
            owes_acknowledgement: false,
            is_addressed: false,
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            batch: Vec::new(),
            cuts: Vec::new(),
            tunnel: None,
        }
    }

    /// Read the beginning of a batch; `None`: it is malformed.
    ///
    /// After [`Heard::Anew`] the [`listing`](Self::listing) is empty, and everything else that came from the other end
    /// is to be forgotten.
    pub fn hear<'a>(&mut self, bytes: &'a [u8]) -> Option<(Heard, Messages<'a>)> {
        let mut reader = Reader(bytes);
        let (session, heard, version) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let is_anew = self.their_session.is_some_and(|before| before != session);
        self.their_session = Some(session);
        if is_anew {
            self.lose();
            (self.outgoing, self.incoming) = (Outgoing::default(), Incoming::default());
        }
        self.is_addressed = heard == self.session;
        if self.is_addressed {
            self.acknowledged = version;
        }
        Some((if is_anew { Heard::Anew } else { Heard::Same }, Messages(reader)))
    }

    /// Say something.
    pub fn say(&mut self, message: &Message) {
        let at = self.open().len();
        message.write(&mut self.batch);
        self.cut(at);
    }

    /// Pass on what was said in a data channel; false: so much waits already that it is left out.
    pub fn say_in_channel(&mut self, message: &[u8]) -> bool {
        let is_lost = self.tunnel.as_ref().is_some_and(|tunnel| tunnel.is_lost());
        !is_lost && self.outgoing.push(message)
    }

    /// Send pieces of messages whose time has come; whether any waits for an answer.
    pub fn send_pieces(&mut self, now: Instant) -> bool {
        // To an end that was not heard yet they would be of no session.
        if self.their_session.is_some() {
            let mut outgoing = std::mem::take(&mut self.outgoing);
            outgoing.send(now, |number, ends, bytes| self.say(&Message::Piece { number, ends, bytes }));
            self.outgoing = outgoing;
        }
        !self.outgoing.is_empty()
    }

    /// When pieces are to be sent again.
    pub fn next_piece_at(&self) -> Option<Instant> {
        self.outgoing.next_at()
    }

    /// Take a piece; hands out the messages that are complete now.
    pub fn take_piece(&mut self, (number, ends): (u32, bool), bytes: &[u8], mut take: impl FnMut(transport::Message)) {
        if self.is_addressed {
            self.incoming
                .take(number, ends, bytes, |message| delivery::decode(&message).into_iter().for_each(&mut take));
        }
    }

    /// The other end tells which pieces it has.
    pub fn take_receipt(&mut self, next: u32, later: u64, now: Instant) {
        if self.is_addressed {
            self.outgoing.acknowledge(next, later, now);
        }
    }

    /// Ask for packets again.
    pub fn say_missing(&mut self, track: TrackId, layer: u8, numbers: &[u16]) {
        let at = self.open().len();
        Message::write_nack(track, layer, numbers, &mut self.batch);
        self.cut(at);
    }

    /// Begin another datagram with the message written last when it does not fit any more.
    fn cut(&mut self, at: usize) {
        let began = self.cuts.last().copied().unwrap_or(0);
        if self.tunnel.is_none() || self.batch.len() - began <= MAX_DATAGRAM_BYTES || at == began + BEGINNING_BYTES {
            return;
        }
        let end = self.batch.len();
        self.batch.extend_from_within(began..began + BEGINNING_BYTES);
        self.batch[at..].rotate_left(end - at);
        self.cuts.push(at);
    }

    /// The other end was lost: when it is heard again, it tells its list again.
    pub fn lose(&mut self) {
        (self.listing, self.acknowledged, self.announced) = (Listing::default(), 0, None);
    }

    /// Tell this end apart from one that another process had before: by the NTP time at which it began.
    pub fn begin_at(&mut self, ntp: u64) {
        self.session = ((ntp >> 16) as u32).max(1);
    }

    /// Hand out what was said in this pass, datagram by datagram.
    pub fn send_datagrams(&mut self, mut send: impl FnMut(&mut Tunnel, &[u8])) {
        self.end_pass();
        let Link { batch, cuts, tunnel: Some(tunnel), .. } = self else { return };
        if !batch.is_empty() {
            cuts.push(batch.len());
            let mut began = 0;
            for end in cuts.drain(..) {
                send(tunnel, &batch[began..end]);
                began = end;
            }
            batch.clear();
        }
    }

    /// Say what is owed.
    fn end_pass(&mut self) {
        if let Some((next, later)) = self.incoming.take_receipt() {
            self.say(&Message::Receipt { next, later });
        }
        if self.owes_acknowledgement {
            self.open();
        }
    }

    /// The batch of this pass, after its beginning.
    fn open(&mut self) -> &mut Vec<u8> {
        if self.batch.is_empty() {
            self.batch.u32(self.session);
            self.batch.u32(self.their_session.unwrap_or(0));
            self.batch.u32(self.listing.version());
            self.owes_acknowledgement = false;
        }
        &mut self.batch
    }

    /// Say which list of the other end is here, and that this end lives: in the next batch, which may have nothing else.
    pub fn acknowledge(&mut self) {
        self.owes_acknowledgement = true;
    }

    /// Whether our list of this version is to be told, now or again; notes that it is.
    pub fn must_announce(&mut self, version: u32, now: Instant) -> bool {
        let is_known = self.acknowledged >= version;
        let is_under_way = |(told, at)| told == version && now.saturating_duration_since(at) < ANNOUNCE_AGAIN;
        if is_known || self.announced.is_some_and(is_under_way) {
            return false;
        }
        self.announced = Some((version, now));
        true
    }

    /// Take what was said in this pass, and go on in an empty buffer; `None`: nothing was.
    pub fn take_batch(&mut self, empty: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        self.end_pass();
        (!self.batch.is_empty()).then(|| std::mem::replace(&mut self.batch, empty()))
    }
}
