//! How much fits into a tree, and how much is in it.
//!
//! Only what was written counts, not holes: as on a disk.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::lock::lock;
use crate::FsError;

/// How much a tree may hold. The default is no limit.
///
/// ```
/// use mock_sftp::{Limits, MemFs};
///
/// let disk = MemFs::builder().limits(Limits { bytes: Some(10_000), ..Limits::default() }).build()?;
/// # Ok::<(), mock_sftp::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files together. Holes do not count. Beyond it: [`FsError::NoSpace`], after what still fitted.
    pub bytes: Option<u64>,
    /// Files, directories and symbolic links, the root included. Beyond it: [`FsError::NoSpace`].
    pub inodes: Option<u64>,
    /// Bytes of one file, holes included. Beyond it: [`FsError::TooLarge`], after what still fitted.
    pub file_size: Option<u64>,
}

/// Limits and what is used of them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    limits: Mutex<Limits>,
    bytes: AtomicU64,
    inodes: AtomicU64,
    /// Bytes by owner; only owners who have a quota, and never more or fewer than there were at first.
    quotas: HashMap<u32, Quota>,
}

#[derive(Debug)]
struct Quota {
    limit: u64,
    used: AtomicU64,
}

impl Ledger {
    pub(super) fn new(limits: Limits, quotas: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let quota = |(uid, limit)| (uid, Quota { limit, used: AtomicU64::new(0) });
        Self {
            limits: Mutex::new(limits),
            quotas: quotas.into_iter().map(quota).collect(),
            ..Self::default()
        }
    }

    pub(super) fn limits(&self) -> Limits {
        *lock(&self.limits)
    }

    pub(super) fn set_limits(&self, limits: Limits) {
        *lock(&self.limits) = limits;
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub(super) fn inodes(&self) -> u64 {
        self.inodes.load(Relaxed)
    }

    /// Takes memory for a file of this owner, as much as there is: less than wanted only where the tree is full.
    pub(super) fn take(&self, uid: u32, wanted: u64) -> Result<u64, FsError> {
        let limit = self.limits().bytes.unwrap_or(u64::MAX);
        let got = add(&self.bytes, wanted, limit);
        if let Some(quota) = self.quotas.get(&uid) {
            let allowed = add(&quota.used, got, quota.limit);
            if allowed < got {
                subtract(&quota.used, allowed);
                subtract(&self.bytes, got);
                return Err(FsError::QuotaExceeded);
            }
        }
        Ok(got)
    }

    /// Takes it whatever the limits are.
    pub(super) fn force(&self, uid: u32, wanted: u64) {
        add(&self.bytes, wanted, u64::MAX);
        if let Some(quota) = self.quotas.get(&uid) {
            add(&quota.used, wanted, u64::MAX);
        }
    }

    pub(super) fn give(&self, uid: u32, bytes: u64) {
        if bytes == 0 {
            return;
        }
        subtract(&self.bytes, bytes);
        if let Some(quota) = self.quotas.get(&uid) {
            subtract(&quota.used, bytes);
        }
    }

    /// Moves what a file takes to another owner, whatever that owner's quota is: only root may do it.
    pub(super) fn transfer(&self, from: u32, to: u32, bytes: u64) {
        self.give(from, bytes);
        self.force(to, bytes);
    }

    pub(super) fn take_inode(&self) -> Result<(), FsError> {
        let limit = self.limits().inodes.unwrap_or(u64::MAX);
        if add(&self.inodes, 1, limit) == 1 { Ok(()) } else { Err(FsError::NoSpace) }
    }

    pub(super) fn force_inode(&self) {
        add(&self.inodes, 1, u64::MAX);
    }

    pub(super) fn give_inode(&self) {
        subtract(&self.inodes, 1);
    }
}

/// Adds at most `wanted` without passing `limit`; how much that was.
fn add(used: &AtomicU64, wanted: u64, limit: u64) -> u64 {
    let mut got = 0;
    let _ = used.fetch_update(Relaxed, Relaxed, |used| {
        got = wanted.min(limit.saturating_sub(used));
        Some(used.saturating_add(got))
    });
    got
}

fn subtract(used: &AtomicU64, bytes: u64) {
    let _ = used.fetch_update(Relaxed, Relaxed, |used| Some(used.saturating_sub(bytes)));
}
