//! What Python hands in: the configuration, published tracks, layouts.

use std::net::IpAddr;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::engine_error;
use sfu::engine;
use sfu::model::{self, Id, MAX_ID_BYTES};
use sfu::worker::Policy;

/// Where the engine listens and what it advertises.
#[pyclass(frozen, module = "meeting_sfu")]
pub struct EngineConfig {
    bind: String,
    port: u16,
    advertised: Vec<String>,
    workers: usize,
    room_split: usize,
    tcp: bool,
    gso: bool,
    policy: Policy,
    event_capacity: usize,
}

#[pymethods]
impl EngineConfig {
    #[new]
    #[pyo3(
        signature = (
            *, bind = "0.0.0.0".to_owned(), port = 0, advertised = Vec::new(), workers = 0, room_split = 300,
            tcp = true, gso = true, peer_timeout_s = 30.0, audio_slots = 3, event_capacity = 65536
        ),
        text_signature = "(*, bind='0.0.0.0', port=0, advertised=(), workers=0, room_split=300, tcp=True, gso=True, \
                          peer_timeout_s=30.0, audio_slots=3, event_capacity=65536)"
    )]
    #[allow(clippy::too_many_arguments, reason = "Python calls it with keywords only")]
    fn new(
        bind: String,
        port: u16,
        advertised: Vec<String>,
        workers: usize,
        room_split: usize,
        tcp: bool,
        gso: bool,
        peer_timeout_s: f64,
        audio_slots: usize,
        event_capacity: usize,
    ) -> PyResult<Self> {
        let peer_timeout = Duration::try_from_secs_f64(peer_timeout_s)
            .map_err(|error| PyValueError::new_err(format!("peer_timeout_s: {error}")))?;
        let policy = Policy { peer_timeout, audio_slots };
        Ok(EngineConfig { bind, port, advertised, workers, room_split, tcp, gso, policy, event_capacity })
    }
}

impl EngineConfig {
    /// The configuration in the engine's terms.
    pub fn parse(&self) -> PyResult<engine::EngineConfig> {
        let advertised: PyResult<Vec<IpAddr>> = self.advertised.iter().map(|text| parse_ip(text)).collect();
        Ok(engine::EngineConfig {
            bind: parse_ip(&self.bind)?,
            port: self.port,
            advertised: advertised?,
            workers: self.workers,
            room_split: self.room_split,
            tcp: self.tcp,
            gso: self.gso,
            policy: self.policy,
            event_capacity: self.event_capacity,
        })
    }
}

/// An IP address.
pub fn parse_ip(text: &str) -> PyResult<IpAddr> {
    text.parse().map_err(|_| engine_error("address_invalid", format!("{text:?} is not an IP address")))
}

/// A room or peer id.
pub fn id(name: &str, value: &str) -> PyResult<Id> {
    if value.is_empty() || value.len() > MAX_ID_BYTES {
        let detail = format!("{name} must have 1 to {MAX_ID_BYTES} bytes, not {}", value.len());
        return Err(engine_error("id_invalid", detail));
    }
    Ok(value.into())
}

/// A source by its name.
pub fn source(name: &str) -> PyResult<model::Source> {
    let unknown = || PyValueError::new_err(format!("{name:?} is not a source"));
    model::Source::from_name(name).ok_or_else(unknown)
}

/// A track that the client sends: its m-line's `mid` and what it carries.
#[pyclass(frozen, get_all, module = "meeting_sfu", from_py_object)]
#[derive(Clone)]
pub struct PublishedTrack {
    mid: String,
    source: String,
}

#[pymethods]
impl PublishedTrack {
    #[new]
    fn new(mid: String, source: String) -> PyResult<Self> {
        self::source(&source)?;
        Ok(PublishedTrack { mid, source })
    }

    fn __repr__(&self) -> String {
        format!("PublishedTrack(mid={:?}, source={:?})", self.mid, self.source)
    }
}

impl PublishedTrack {
    /// The track in the engine's terms.
    pub fn parse(&self) -> PyResult<model::PublishedTrack> {
        Ok(model::PublishedTrack { mid: self.mid.clone(), source: source(&self.source)? })
    }
}

/// What a client wants in one of its receive slots.
#[pyclass(frozen, get_all, module = "meeting_sfu", from_py_object)]
#[derive(Clone)]
pub struct LayoutEntry {
    mid: String,
    peer: String,
    source: String,
    width: u32,
}

#[pymethods]
impl LayoutEntry {
    #[new]
    fn new(mid: String, peer: String, source: String, width: u32) -> PyResult<Self> {
        self::source(&source)?;
        Ok(LayoutEntry { mid, peer, source, width })
    }

    fn __repr__(&self) -> String {
        let LayoutEntry { mid, peer, source, width } = self;
        format!("LayoutEntry(mid={mid:?}, peer={peer:?}, source={source:?}, width={width})")
    }
}

impl LayoutEntry {
    /// The entry in the engine's terms.
    pub fn parse(&self) -> PyResult<model::LayoutEntry> {
        Ok(model::LayoutEntry {
            mid: self.mid.clone(),
            peer: id("peer", &self.peer)?,
            source: source(&self.source)?,
            width: self.width,
        })
    }
}
