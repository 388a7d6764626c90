//! What only the engine knows: whether it has an algorithm, whether it takes a version.
//!
//! It is asked by starting a server in memory that nobody connects to, which costs some tens of microseconds. So there
//! is one list of algorithms, and it is the engine's.

use mock_core::{Builder, StartError};

/// Why a server with this option does not start, if so.
pub(super) fn refuses(option: impl FnOnce(Builder) -> Builder) -> Option<StartError> {
    // A runtime of its own, so that a scenario can be loaded outside of any.
    let runtime = match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => runtime,
        Err(error) => return Some(StartError::Runtime(error)),
    };
    let within = runtime.enter();
    let started = option(Builder::default()).start_in_memory();
    let refused = started.map(drop).err();
    drop(within);
    // Without waiting, which is not allowed within another runtime.
    runtime.shutdown_background();
    refused
}
