//! The way into libFuzzer, which runs a target on inputs that it breeds until its time is over.

#![allow(unsafe_code, reason = "libFuzzer is C++")]

use std::ffi::{CString, c_char, c_int};
use std::sync::OnceLock;

use crate::Target;

static TARGET: OnceLock<Target> = OnceLock::new();

unsafe extern "C" {
    fn LLVMFuzzerRunDriver(count: *mut c_int, arguments: *mut *mut *mut c_char, callback: Callback) -> c_int;
}

type Callback = extern "C" fn(*const u8, usize) -> c_int;

/// Fuzz a target with libFuzzer's own arguments; returns its exit code, if it returns at all.
pub fn fuzz(target: Target, arguments: &[String]) -> i32 {
    TARGET.get_or_init(|| target);
    let name = std::iter::once(target.name.to_owned());
    let words = name.chain(arguments.iter().cloned()).filter_map(|word| CString::new(word).ok());
    let mut words: Vec<*mut c_char> = words.map(CString::into_raw).collect();
    let mut count = words.len() as c_int;
    words.push(std::ptr::null_mut());
    let mut first = words.as_mut_ptr();
    // Safety: a vector of C strings with a null at its end, which live until the process ends.
    unsafe { LLVMFuzzerRunDriver(&raw mut count, &raw mut first, run) }
}

extern "C" fn run(bytes: *const u8, length: usize) -> c_int {
    // Safety: libFuzzer hands in that many bytes; for an empty input its address means nothing.
    let input = if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(bytes, length) } };
    // What the engine catches itself is no finding; what comes up to here is: libFuzzer keeps the input.
    if let Some(target) = TARGET.get()
        && std::panic::catch_unwind(|| (target.run)(input)).is_err()
    {
        std::process::abort();
    }
    0
}
