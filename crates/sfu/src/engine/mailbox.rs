//! How threads speak to a worker: messages, and an eventfd that wakes it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError, RwLock};

use rustix::event::{EventfdFlags, eventfd};

use super::tcp::TcpPeer;
use crate::command::Command;
use crate::model::Id;

/// Datagrams and batches of others that may wait; beyond it they are dropped like at a full socket.
const MAX_WAITING: usize = 16_384;

/// Something for a worker.
pub enum Message {
    /// From the control plane.
    Command(Command),
    /// A datagram that came in at another worker's socket.
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// The candidate at which it arrived.
        destination: SocketAddr,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A TCP connection whose first frames name a peer of this worker.
    Tcp {
        /// The connection.
        peer: TcpPeer,
        /// What was read already.
        frames: Vec<Vec<u8>>,
    },
    /// Which other workers have peers of a room.
    Members {
        /// The room.
        room: Id,
        /// All others.
        others: Vec<usize>,
        /// Whether one of them tells who speaks.
        is_told_elsewhere: bool,
    },
    /// What another worker says about a room.
    Relayed {
        /// Which worker.
        from: usize,
        /// The room.
        room: Id,
        /// Its batch.
        bytes: Vec<u8>,
    },
    /// End.
    Stop,
}

/// A worker's messages.
pub struct Mailbox {
    messages: Mutex<Vec<Message>>,
    wake: OwnedFd,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Mailbox { messages: Mutex::default(), wake })
    }

    /// Leave messages and wake the worker.
    pub fn post(&self, mut new: Vec<Message>) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() >= MAX_WAITING {
            new.retain(|message| !matches!(message, Message::Datagram { .. } | Message::Relayed { .. }));
        }
        let was_empty = messages.is_empty();
        messages.append(&mut new);
        if was_empty && !messages.is_empty() {
            // Cannot fail: the counter is far from its end.
            let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        }
    }

    /// Take all messages.
    pub fn take(&self) -> Vec<Message> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        // EAGAIN when it was cleared already.
        let _ = rustix::io::read(&self.wake, &mut [0u8; 8]);
        std::mem::take(&mut *messages)
    }

    /// Readable while messages wait.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// Which worker knows an ICE name (asked for the first datagrams of a path only), and which has a relay.
#[derive(Debug, Default)]
pub struct Router(RwLock<HashMap<String, usize>>, RwLock<HashMap<u64, usize>>);

impl Router {
    /// The worker of a name.
    pub fn find(&self, ufrag: &str) -> Option<usize> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(ufrag).copied()
    }

    /// The worker of a relay.
    pub fn find_relay(&self, relay: u64) -> Option<usize> {
        self.1.read().unwrap_or_else(PoisonError::into_inner).get(&relay).copied()
    }

    /// The relay leads to this worker.
    pub fn add_relay(&self, relay: u64, worker: usize) {
        self.1.write().unwrap_or_else(PoisonError::into_inner).insert(relay, worker);
    }

    /// The relay leads nowhere.
    pub fn remove_relay(&self, relay: u64) {
        self.1.write().unwrap_or_else(PoisonError::into_inner).remove(&relay);
    }

    /// The name leads to this worker.
    pub fn add(&self, ufrag: String, worker: usize) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(ufrag, worker);
    }

    /// The name leads nowhere.
    pub fn remove(&self, ufrag: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(ufrag);
    }
}
