//! The TCP connections of a worker and their place in its epoll.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, EventData, EventFlags};

use super::tcp::TcpPeer;

/// More connections than this are not accepted.
const MAX_CONNECTIONS: usize = 4_096;
/// A connection that has named no peer within this time is closed.
const IDENTIFY_WITHIN: Duration = Duration::from_secs(10);

/// Connections by their epoll token.
pub struct TcpTable {
    connections: HashMap<u64, Entry>,
    by_remote: HashMap<SocketAddr, u64>,
    next_token: u64,
}

struct Entry {
    peer: TcpPeer,
    since: Instant,
    identified: bool,
    wants_write: bool,
}

impl TcpTable {
    /// No connections; tokens from here on.
    pub fn new(first_token: u64) -> Self {
        TcpTable { connections: HashMap::new(), by_remote: HashMap::new(), next_token: first_token }
    }

    /// Add a connection and watch it. A full table drops it.
    pub fn add(&mut self, epoll: &OwnedFd, peer: TcpPeer, now: Instant) -> io::Result<Option<u64>> {
        if self.connections.len() >= MAX_CONNECTIONS {
            return Ok(None);
        }
        let token = self.next_token;
        self.next_token += 1;
        epoll::add(epoll, peer.stream(), EventData::new_u64(token), EventFlags::IN)?;
        self.by_remote.insert(peer.remote(), token);
        let entry = Entry { peer, since: now, identified: false, wants_write: false };
        self.connections.insert(token, entry);
        Ok(Some(token))
    }

    /// Stop watching a connection and take it out.
    pub fn remove(&mut self, epoll: &OwnedFd, token: u64) -> Option<TcpPeer> {
        let entry = self.connections.remove(&token)?;
        if self.by_remote.get(&entry.peer.remote()) == Some(&token) {
            self.by_remote.remove(&entry.peer.remote());
        }
        // Closing would do it as well; fails only when it is closed already.
        let _ = epoll::delete(epoll, entry.peer.stream());
        Some(entry.peer)
    }

    /// A connection.
    pub fn get_mut(&mut self, token: u64) -> Option<&mut TcpPeer> {
        Some(&mut self.connections.get_mut(&token)?.peer)
    }

    /// The connection belongs to a peer.
    pub fn identify(&mut self, token: u64) {
        if let Some(entry) = self.connections.get_mut(&token) {
            entry.identified = true;
        }
    }

    /// Send a frame to whoever is at this address.
    pub fn send(&mut self, epoll: &OwnedFd, remote: SocketAddr, bytes: &[u8]) {
        let Some(token) = self.by_remote.get(&remote).copied() else { return };
        self.write(epoll, token, |peer| peer.send(bytes));
    }

    /// Write what waits.
    pub fn flush(&mut self, epoll: &OwnedFd, token: u64) {
        self.write(epoll, token, TcpPeer::flush);
    }

    fn write(&mut self, epoll: &OwnedFd, token: u64, act: impl FnOnce(&mut TcpPeer) -> io::Result<()>) {
        let Some(entry) = self.connections.get_mut(&token) else { return };
        if act(&mut entry.peer).is_err() {
            self.remove(epoll, token);
            return;
        }
        let wants_write = entry.peer.has_queued();
        if wants_write != entry.wants_write {
            entry.wants_write = wants_write;
            let flags = if wants_write { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            // Fails only for a connection that is closed, which the next read tells.
            let _ = epoll::modify(epoll, entry.peer.stream(), EventData::new_u64(token), flags);
        }
    }

    /// Close connections that have named no peer for too long.
    pub fn close_unidentified(&mut self, epoll: &OwnedFd, now: Instant) {
        let late = |entry: &Entry| !entry.identified && now.saturating_duration_since(entry.since) > IDENTIFY_WITHIN;
        let tokens: Vec<u64> = self.connections.iter().filter(|(_, e)| late(e)).map(|(t, _)| *t).collect();
        for token in tokens {
            self.remove(epoll, token);
        }
    }

    /// Whether any connection still has to name a peer.
    pub fn has_unidentified(&self) -> bool {
        self.connections.values().any(|entry| !entry.identified)
    }
}
