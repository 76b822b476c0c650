//! The engine as a Python class. Every call that takes a lock or waits releases the GIL.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::config::{EngineConfig, LayoutEntry, PublishedTrack, id, parse_ip, source};
use crate::errors::{engine_error, start_error};
use crate::events;
use sfu::command::{Command, OpenPeer, OpenRelay, RestartIce};
use sfu::relay::RelayKey;

/// A running engine. Also a context manager: leaving it calls `close`.
#[pyclass(frozen, module = "meeting_sfu")]
pub struct Engine {
    engine: sfu::engine::Engine,
    closed: AtomicBool,
}

impl Engine {
    fn command(&self, py: Python<'_>, command: Command) -> PyResult<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(engine_error("closed", "the engine is closed"));
        }
        py.detach(|| self.engine.command(command));
        Ok(())
    }

    /// Where the other end of a relay is, if it can be reached from here.
    fn relay_address(&self, ip: &str, port: u16) -> PyResult<SocketAddr> {
        let remote = SocketAddr::new(parse_ip(ip)?, port);
        let is_family = |own: &IpAddr| own.is_ipv4() == remote.is_ipv4();
        let refuse = |why| Err(engine_error("address_invalid", format!("no relay can lead to {remote}: {why}")));
        if port == 0 || remote.ip().is_unspecified() || remote.ip().is_multicast() {
            return refuse("it is the address of nobody");
        }
        if !self.engine.addresses().iter().any(is_family) {
            return refuse("this engine has no address of that family");
        }
        Ok(remote)
    }
}

#[pymethods]
impl Engine {
    #[new]
    fn new(py: Python<'_>, config: &EngineConfig) -> PyResult<Self> {
        let config = config.parse()?;
        let engine = py.detach(|| sfu::engine::Engine::start(&config)).map_err(|error| start_error(&error))?;
        Ok(Engine { engine, closed: AtomicBool::new(false) })
    }

    #[getter]
    fn port(&self) -> u16 {
        self.engine.port()
    }

    /// Addresses the candidates carry.
    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.engine.addresses().iter().map(ToString::to_string).collect()
    }

    fn fileno(&self) -> i32 {
        self.engine.event_fd().as_raw_fd()
    }

    /// Take waiting events, oldest first, and clear the eventfd when none is left.
    #[pyo3(signature = (max_events = 256))]
    fn drain(&self, py: Python<'_>, max_events: usize) -> PyResult<Vec<Py<PyAny>>> {
        let events = py.detach(|| self.engine.drain(max_events));
        events.into_iter().map(|event| events::to_python(py, event)).collect()
    }

    /// Create the peer from a complete SDP offer; a lower generation of the same peer is replaced.
    #[pyo3(signature = (*, request, room, peer, generation, offer, publish, audio_slots, video_slots))]
    #[allow(clippy::too_many_arguments, reason = "Python calls it with keywords only")]
    fn open_peer(
        &self,
        py: Python<'_>,
        request: u64,
        room: &str,
        peer: &str,
        generation: u64,
        offer: String,
        publish: Vec<PublishedTrack>,
        audio_slots: Vec<String>,
        video_slots: Vec<String>,
    ) -> PyResult<()> {
        let publish: PyResult<Vec<_>> = publish.iter().map(PublishedTrack::parse).collect();
        let open = OpenPeer {
            request,
            room: id("room", room)?,
            peer: id("peer", peer)?,
            generation,
            offer,
            publish: publish?,
            audio_slots,
            video_slots,
        };
        self.command(py, Command::OpenPeer(open))
    }

    /// Accept an offer with new ICE credentials for the same m-lines. Answers like `open_peer`.
    #[pyo3(signature = (*, request, room, peer, generation, offer))]
    fn restart_ice(
        &self,
        py: Python<'_>,
        request: u64,
        room: &str,
        peer: &str,
        generation: u64,
        offer: String,
    ) -> PyResult<()> {
        let (room, peer) = (id("room", room)?, id("peer", peer)?);
        self.command(py, Command::RestartIce(RestartIce { request, room, peer, generation, offer }))
    }

    /// Say what each video slot shall carry. Slots not named carry nothing.
    #[pyo3(signature = (*, room, peer, entries))]
    fn set_layout(&self, py: Python<'_>, room: &str, peer: &str, entries: Vec<LayoutEntry>) -> PyResult<()> {
        let entries: PyResult<Vec<_>> = entries.iter().map(LayoutEntry::parse).collect();
        let (room, peer) = (id("room", room)?, id("peer", peer)?);
        self.command(py, Command::SetLayout { room, peer, entries: entries? })
    }

    /// Stop (or go on) forwarding a published track at the server, whatever the client sends.
    #[pyo3(signature = (*, room, peer, source, muted))]
    fn set_muted(&self, py: Python<'_>, room: &str, peer: &str, source: &str, muted: bool) -> PyResult<()> {
        let source = self::source(source)?;
        let (room, peer) = (id("room", room)?, id("peer", peer)?);
        self.command(py, Command::SetMuted { room, peer, source, muted })
    }

    /// End a peer.
    #[pyo3(signature = (*, room, peer))]
    fn close_peer(&self, py: Python<'_>, room: &str, peer: &str) -> PyResult<()> {
        let (room, peer) = (id("room", room)?, id("peer", peer)?);
        self.command(py, Command::ClosePeer { room, peer })
    }

    /// End every peer of a room.
    #[pyo3(signature = (*, room))]
    fn close_room(&self, py: Python<'_>, room: &str) -> PyResult<()> {
        self.command(py, Command::CloseRoom { room: id("room", room)? })
    }

    /// Link the room with the same room in another engine, which is told the same with `first` reversed.
    #[pyo3(signature = (*, room, relay, remote, key, first, is_told_elsewhere))]
    #[allow(clippy::too_many_arguments, reason = "Python calls it with keywords only")]
    fn open_relay(
        &self,
        py: Python<'_>,
        room: &str,
        relay: u64,
        remote: (String, u16),
        key: [u8; 32],
        first: bool,
        is_told_elsewhere: bool,
    ) -> PyResult<()> {
        let (room, remote) = (id("room", room)?, self.relay_address(&remote.0, remote.1)?);
        let key = RelayKey(key);
        self.command(py, Command::OpenRelay(OpenRelay { room, relay, remote, key, first, is_told_elsewhere }))
    }

    /// End a relay at this end.
    #[pyo3(signature = (*, room, relay))]
    fn close_relay(&self, py: Python<'_>, room: &str, relay: u64) -> PyResult<()> {
        self.command(py, Command::CloseRelay { room: id("room", room)?, relay })
    }

    /// Counters since the start, summed over the workers.
    fn statistics(&self, py: Python<'_>) -> EngineStatistics {
        let (sum, events_dropped) = py.detach(|| (self.engine.statistics(), self.engine.events_dropped()));
        EngineStatistics {
            rooms: sum.rooms,
            peers: sum.peers,
            peers_sound_only: sum.peers_sound_only,
            peers_video_paused: sum.peers_video_paused,
            peers_estimated: sum.peers_estimated,
            estimated_bps: sum.estimated_bps,
            relays: sum.relays,
            relays_up: sum.relays_up,
            datagrams_in: sum.datagrams_in,
            datagrams_out: sum.datagrams_out,
            bytes_in: sum.bytes_in,
            bytes_out: sum.bytes_out,
            datagrams_rejected: sum.datagrams_rejected,
            relay_datagrams_in: sum.relay_datagrams_in,
            relay_datagrams_out: sum.relay_datagrams_out,
            relay_bytes_in: sum.relay_bytes_in,
            relay_bytes_out: sum.relay_bytes_out,
            events_dropped,
            packets_retransmitted: sum.packets_retransmitted,
            repairs_refused: sum.repairs_refused,
            packets_requested: sum.packets_requested,
            pictures_lost: sum.pictures_lost,
            layers_stalled: sum.layers_stalled,
            keyframe_requests: sum.keyframe_requests,
            packets_forged: sum.packets_forged,
            packets_replayed: sum.packets_replayed,
            messages_passed: sum.messages_passed,
            messages_dropped: sum.messages_dropped,
            failures: sum.failures,
        }
    }

    /// Stop the workers and close the sockets. Idempotent.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, Ordering::Release);
        py.detach(|| self.engine.close());
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*args))]
    fn __exit__(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) {
        let _ = args;
        self.close(py);
    }
}

/// Counters since the start and present numbers, summed over the workers.
#[pyclass(frozen, get_all, module = "meeting_sfu")]
#[derive(Debug)]
pub struct EngineStatistics {
    rooms: u64,
    peers: u64,
    peers_sound_only: u64,
    peers_video_paused: u64,
    peers_estimated: u64,
    estimated_bps: u64,
    relays: u64,
    relays_up: u64,
    datagrams_in: u64,
    datagrams_out: u64,
    bytes_in: u64,
    bytes_out: u64,
    datagrams_rejected: u64,
    relay_datagrams_in: u64,
    relay_datagrams_out: u64,
    relay_bytes_in: u64,
    relay_bytes_out: u64,
    events_dropped: u64,
    packets_retransmitted: u64,
    repairs_refused: u64,
    packets_requested: u64,
    pictures_lost: u64,
    layers_stalled: u64,
    keyframe_requests: u64,
    packets_forged: u64,
    packets_replayed: u64,
    messages_passed: u64,
    messages_dropped: u64,
    failures: u64,
}

#[pymethods]
impl EngineStatistics {
    fn __repr__(&self) -> String {
        format!("{self:?}")
    }
}
