//! Events as Python classes.

use pyo3::prelude::*;

use sfu::event::{Event, LinkReport, PauseReason};

/// A frozen class with readable fields and a `repr`; its fields are those of the stub.
macro_rules! event_class {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[pyclass(frozen, get_all, module = "meeting_sfu")]
        #[derive(Debug, Clone)]
        pub struct $name {
            $($field: $kind),*
        }

        #[pymethods]
        impl $name {
            fn __repr__(&self) -> String {
                format!("{self:?}")
            }
        }
    };
}

event_class! {
    /// `open_peer` or `restart_ice` succeeded; `sdp` is the complete answer with all candidates.
    PeerAnswered { request: u64, room: String, peer: String, generation: u64, sdp: String }
}
event_class! {
    /// `open_peer` or `restart_ice` failed.
    PeerRefused { request: u64, room: String, peer: String, code: &'static str, detail: String }
}
event_class! {
    /// ICE and DTLS are up. Sent again when the transport changes.
    PeerConnected { room: String, peer: String, generation: u64, transport: &'static str }
}
event_class! {
    /// Nothing was heard from the peer for a few seconds; it may come back until `PeerEnded`.
    PeerDisconnected { room: String, peer: String, generation: u64 }
}
event_class! {
    /// The peer is gone; nothing about this generation follows.
    PeerEnded { room: String, peer: String, generation: u64, reason: &'static str }
}
event_class! {
    /// The whole, current assignment of a peer's receive slots; `version` grows.
    SlotsChanged { room: String, peer: String, generation: u64, version: u64, slots: Vec<SlotEntry> }
}
event_class! {
    /// Loudest first; each is (peer, level 0..127 where 0 is the loudest, in -dBov).
    SpeakersChanged { room: String, speakers: Vec<(String, u8)> }
}
event_class! {
    /// First packets of a published track arrived (or flow again).
    TrackStarted { room: String, peer: String, source: &'static str }
}
event_class! {
    /// A published track delivered nothing for two seconds.
    TrackStopped { room: String, peer: String, source: &'static str }
}
event_class! {
    /// How many of a track's simulcast layers anybody wants, counted from the smallest; 0: nobody watches.
    LayersWanted { room: String, peer: String, generation: u64, source: &'static str, layers: usize }
}
event_class! {
    /// A relay's other end was heard: the first time since the opening, or again after `RelayLost`.
    RelayUp { room: String, relay: u64 }
}
event_class! {
    /// Nothing was heard of a relay's other end for five seconds. It comes back by itself unless an engine failed.
    RelayLost { room: String, relay: u64 }
}
event_class! {
    /// How the network between engine and peer does, from both directions. Loss is a fraction 0..1.
    QualityChanged {
        room: String,
        peer: String,
        quality: &'static str,
        rtt_s: f32,
        loss_up: f32,
        loss_down: f32,
        bitrate_up_bps: u64,
        bitrate_down_bps: u64,
    }
}
event_class! {
    /// What a receive slot carries from now on; `peer` None: nothing.
    SlotEntry {
        mid: String,
        kind: &'static str,
        peer: Option<String>,
        source: Option<&'static str>,
        paused: bool,
        reason: Option<&'static str>,
    }
}

/// Add the event classes to the module; returns them.
pub fn register<'py>(module: &Bound<'py, PyModule>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    module.add_class::<PeerAnswered>()?;
    module.add_class::<PeerRefused>()?;
    module.add_class::<PeerConnected>()?;
    module.add_class::<PeerDisconnected>()?;
    module.add_class::<PeerEnded>()?;
    module.add_class::<SlotsChanged>()?;
    module.add_class::<SpeakersChanged>()?;
    module.add_class::<TrackStarted>()?;
    module.add_class::<TrackStopped>()?;
    module.add_class::<LayersWanted>()?;
    module.add_class::<RelayUp>()?;
    module.add_class::<RelayLost>()?;
    module.add_class::<QualityChanged>()?;
    let names = [
        "PeerAnswered",
        "PeerRefused",
        "PeerConnected",
        "PeerDisconnected",
        "PeerEnded",
        "SlotsChanged",
        "SpeakersChanged",
        "TrackStarted",
        "TrackStopped",
        "LayersWanted",
        "RelayUp",
        "RelayLost",
        "QualityChanged",
    ];
    names.iter().map(|name| module.getattr(*name)).collect()
}

/// An event as a Python object.
pub fn to_python(py: Python<'_>, event: Event) -> PyResult<Py<PyAny>> {
    match event {
        Event::PeerAnswered { request, room, peer, generation, sdp } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            object(py, PeerAnswered { request, room, peer, generation, sdp })
        }
        Event::PeerRefused { request, room, peer, code, detail } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            object(py, PeerRefused { request, room, peer, code: code.name(), detail })
        }
        Event::PeerConnected { room, peer, generation, transport } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            object(py, PeerConnected { room, peer, generation, transport: transport.name() })
        }
        Event::PeerDisconnected { room, peer, generation } => {
            object(py, PeerDisconnected { room: room.to_string(), peer: peer.to_string(), generation })
        }
        Event::PeerEnded { room, peer, generation, reason } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            object(py, PeerEnded { room, peer, generation, reason: reason.name() })
        }
        Event::SlotsChanged { room, peer, generation, version, slots } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            let slots = slots.into_iter().map(entry).collect();
            object(py, SlotsChanged { room, peer, generation, version, slots })
        }
        Event::SpeakersChanged { room, speakers } => {
            let speakers = speakers.into_iter().map(|(peer, level)| (peer.to_string(), level)).collect();
            object(py, SpeakersChanged { room: room.to_string(), speakers })
        }
        Event::TrackStarted { room, peer, source } => {
            object(py, TrackStarted { room: room.to_string(), peer: peer.to_string(), source: source.name() })
        }
        Event::TrackStopped { room, peer, source } => {
            object(py, TrackStopped { room: room.to_string(), peer: peer.to_string(), source: source.name() })
        }
        Event::LayersWanted { room, peer, generation, source, layers } => {
            let (room, peer) = (room.to_string(), peer.to_string());
            object(py, LayersWanted { room, peer, generation, source: source.name(), layers })
        }
        Event::RelayUp { room, relay } => object(py, RelayUp { room: room.to_string(), relay }),
        Event::RelayLost { room, relay } => object(py, RelayLost { room: room.to_string(), relay }),
        Event::QualityChanged { room, peer, link } => quality(py, room.to_string(), peer.to_string(), link),
    }
}

fn object<T>(py: Python<'_>, value: T) -> PyResult<Py<PyAny>>
where
    T: pyo3::PyClass + Into<PyClassInitializer<T>>,
{
    Ok(Py::new(py, value)?.into_any())
}

fn entry(slot: sfu::event::SlotEntry) -> SlotEntry {
    let (peer, source) = slot.track.map(|(peer, source)| (peer.to_string(), source.name())).unzip();
    let reason = slot.reason.map(PauseReason::name);
    SlotEntry { mid: slot.mid, kind: slot.kind.name(), peer, source, paused: slot.paused, reason }
}

fn quality(py: Python<'_>, room: String, peer: String, link: LinkReport) -> PyResult<Py<PyAny>> {
    let LinkReport { rtt_s, loss_up, loss_down, bitrate_up_bps, bitrate_down_bps, .. } = link;
    let quality = link.quality.name();
    object(py, QualityChanged { room, peer, quality, rtt_s, loss_up, loss_down, bitrate_up_bps, bitrate_down_bps })
}
