//! The background thread that serves those who have no runtime of their own: one in a process, made at first use.

use std::{
    io,
    sync::{Mutex, PoisonError},
    thread,
};

use tokio::runtime::{Builder, Handle};

static BACKGROUND: Mutex<Option<Handle>> = Mutex::new(None);

/// The runtime of that thread. It lives as long as the process: a current-thread runtime, which is faster than a
/// pool for what tests do.
pub(crate) fn background() -> io::Result<Handle> {
    let mut background = BACKGROUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*background {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("mock-ssh".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    *background = Some(handle.clone());
    Ok(handle)
}
