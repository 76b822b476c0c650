//! Which peer a datagram is for: by ICE name at first, then by where it comes from.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::model::Transport;
use crate::slab::Key;
use crate::stun;
use crate::transport::Datagram;

/// The ways to peers.
#[derive(Debug, Default)]
pub struct Routes {
    by_ufrag: HashMap<String, Key>,
    by_source: HashMap<(Transport, SocketAddr), Key>,
}

impl Routes {
    /// The peer that a datagram claims to be for. It has to accept the datagram yet.
    pub fn find(&self, datagram: &Datagram) -> Option<Key> {
        match stun::local_ufrag(datagram.bytes) {
            Some(ufrag) => self.by_ufrag.get(ufrag).copied(),
            None => self.by_source.get(&(datagram.transport, datagram.source)).copied(),
        }
    }

    /// Let the ICE name lead to a peer.
    pub fn add_ufrag(&mut self, ufrag: String, key: Key) {
        self.by_ufrag.insert(ufrag, key);
    }

    /// Let an address lead to a peer. Only for addresses that proved to know its ICE password.
    pub fn add_source(&mut self, transport: Transport, source: SocketAddr, key: Key) -> bool {
        self.by_source.insert((transport, source), key) != Some(key)
    }

    /// Remove an ICE name, if it still leads to the peer.
    pub fn remove_ufrag(&mut self, ufrag: &str, key: Key) {
        if self.by_ufrag.get(ufrag) == Some(&key) {
            self.by_ufrag.remove(ufrag);
        }
    }

    /// Remove an address, if it still leads to the peer.
    pub fn remove_source(&mut self, source: SocketAddr, key: Key) {
        for transport in [Transport::Udp, Transport::Tcp] {
            if self.by_source.get(&(transport, source)) == Some(&key) {
                self.by_source.remove(&(transport, source));
            }
        }
    }
}
