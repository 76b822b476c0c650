//! Python module `meeting_sfu`: commands in, batches of events out. The stub is `meeting_sfu.pyi`.

mod config;
mod engine;
mod errors;
mod events;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Names that exist for type checkers; importing them at run time works as well.
const ALIASES: &std::ffi::CStr = c"
from typing import Literal, Union
Source = Literal['microphone', 'camera', 'screen', 'screen_audio']
Kind = Literal['audio', 'video']
Transport = Literal['udp', 'tcp']
EndReason = Literal['closed', 'replaced', 'ice_timeout', 'dtls_failed', 'worker_failed', 'room_closed']
Quality = Literal['good', 'fair', 'poor', 'lost']
PauseReason = Literal['bandwidth', 'codec']
Event = Union[tuple(events)]
";

/// The media engine: a selective forwarding unit (SFU) in Rust, driven by commands and read by events.
#[pymodule]
fn meeting_sfu(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("RELAY_FORMAT", sfu::relay::FORMAT)?;
    errors::register(module)?;
    module.add_class::<config::EngineConfig>()?;
    module.add_class::<config::PublishedTrack>()?;
    module.add_class::<config::LayoutEntry>()?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<engine::EngineStatistics>()?;
    module.add_class::<events::SlotEntry>()?;
    let events = events::register(module)?;
    add_aliases(module, events)
}

fn add_aliases(module: &Bound<'_, PyModule>, events: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
    let names = PyDict::new(module.py());
    names.set_item("events", events)?;
    module.py().run(ALIASES, Some(&names), None)?;
    for name in ["Source", "Kind", "Transport", "EndReason", "Quality", "PauseReason", "Event"] {
        if let Some(alias) = names.get_item(name)? {
            module.add(name, alias)?;
        }
    }
    Ok(())
}
