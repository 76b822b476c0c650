//! The one conversion from engine errors to Python's `EngineError`.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use sfu::engine::StartError;

create_exception!(
    meeting_sfu,
    EngineError,
    PyException,
    "A command that could not be accepted: `code` is stable, `str(error)` is for people."
);

/// Add the exception to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let class = module.py().get_type::<EngineError>();
    class.setattr("code", "engine_error")?;
    module.add("EngineError", class)
}

/// An `EngineError` with its code.
pub fn engine_error(code: &str, detail: impl Into<String>) -> PyErr {
    let error = EngineError::new_err(detail.into());
    Python::attach(|py| match error.value(py).setattr("code", code) {
        Ok(()) => error,
        Err(failure) => failure,
    })
}

/// Why the engine did not start.
pub fn start_error(error: &StartError) -> PyErr {
    let code = match error {
        StartError::AddressInUse(_) => "address_in_use",
        StartError::AddressInvalid(_) => "address_invalid",
        StartError::System(_) => "system",
    };
    engine_error(code, error.to_string())
}
