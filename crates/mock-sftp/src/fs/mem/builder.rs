//! From literals to a tree. Everything is kept until [`MemFsBuilder::build`], so the order of options and files is free.

use std::{fmt, mem, sync::Arc, sync::atomic::Ordering::Relaxed, time::SystemTime};

use super::{
    AccessTimes, Entry, File, Limits, MemFs, User,
    clock::Clock,
    fixture::Dir,
    ledger::Ledger,
    put::Late,
    tree::{Session, Tree},
    users::Users,
};
use crate::FsError;

/// Makes a [`MemFs`].
///
/// | what | default |
/// |---|---|
/// | content | the root alone, mode `755`, of `root` |
/// | owners and modes of fixtures | `root`; files `644`, directories `755` |
/// | directories above a fixture | made as needed |
/// | permissions of sessions | not checked: every session may do everything |
/// | users | whoever logs in: ids from 1000 on, umask `022`, root and start directory `/` |
/// | limits | none |
/// | clock | the host's |
/// | time of access | as `relatime` |
#[must_use = "a builder does nothing by itself: call `build`"]
#[derive(Default)]
pub struct MemFsBuilder {
    steps: Vec<(Vec<u8>, Step)>,
    users: Vec<User>,
    limits: Limits,
    time: Option<SystemTime>,
    access_times: AccessTimes,
    checked: bool,
    read_only: bool,
    read_only_below: Vec<Vec<u8>>,
}

enum Step {
    Put(Entry),
    HardLink(Vec<u8>),
}

/// What could not be put into a tree.
#[derive(Debug, thiserror::Error)]
#[error("cannot make {}", .path.escape_ascii())]
#[non_exhaustive]
pub struct BuildError {
    /// Where it was to be.
    pub path: Vec<u8>,
    /// Why it could not be.
    #[source]
    pub source: FsError,
}

impl MemFsBuilder {
    /// Adds a file.
    ///
    /// ```
    /// use mock_sftp::{File, MemFs};
    ///
    /// let fs = MemFs::builder()
    ///     .file("/srv/app/config.toml", "debug = true\n")
    ///     .file("/srv/app/run", File::new("#!/bin/sh\n").mode(0o755).owner("deploy"))
    ///     .build()?;
    /// assert_eq!(fs.list("/srv/app")?, ["config.toml", "run"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn file(self, path: impl AsRef<[u8]>, file: impl Into<File>) -> Self {
        self.put(path, file.into())
    }

    /// Adds many files.
    ///
    /// ```
    /// use mock_sftp::MemFs;
    ///
    /// let logs = (1..=3).map(|day| (format!("/log/{day}"), format!("day {day}\n")));
    /// let fs = MemFs::builder().files(logs).build()?;
    /// assert_eq!(fs.read("/log/2")?, "day 2\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn files(self, files: impl IntoIterator<Item = (impl AsRef<[u8]>, impl Into<File>)>) -> Self {
        files.into_iter().fold(self, |builder, (path, file)| builder.file(path, file))
    }

    /// Adds a file whose bytes are made when they are read: see [`File::generated`].
    ///
    /// ```
    /// use mock_sftp::MemFs;
    ///
    /// let counting = |offset: u64, buffer: &mut [u8]| {
    ///     for (byte, at) in buffer.iter_mut().zip(offset..) {
    ///         *byte = b'0' + (at % 10) as u8;
    ///     }
    /// };
    /// let fs = MemFs::builder().file_fn("/digits", 12, counting).build()?;
    /// assert_eq!(fs.read("/digits")?, "012345678901");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_fn(
        self,
        path: impl AsRef<[u8]>,
        size: u64,
        produce: impl Fn(u64, &mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        self.put(path, File::generated(size, produce))
    }

    /// Adds an empty directory.
    pub fn dir(self, path: impl AsRef<[u8]>) -> Self {
        self.put(path, Dir::new())
    }

    /// Adds a symbolic link at `path`. Its target need not exist.
    ///
    /// ```
    /// use mock_sftp::MemFs;
    ///
    /// let fs = MemFs::builder().file("/releases/2/app", "v2").symlink("releases/2", "/current").build()?;
    /// assert_eq!(fs.read("/current/app")?, "v2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn symlink(self, target: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Self {
        self.put(path, Entry::Symlink(target.as_ref().to_vec()))
    }

    /// Adds a further name of a file that was added before.
    ///
    /// ```
    /// use mock_sftp::MemFs;
    ///
    /// let fs = MemFs::builder().file("/a", "1").hard_link("/a", "/b").build()?;
    /// assert_eq!(fs.metadata("/b")?.links, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hard_link(mut self, existing: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Self {
        self.steps.push((path.as_ref().to_vec(), Step::HardLink(existing.as_ref().to_vec())));
        self
    }

    /// Adds anything: a [`File`], a [`Dir`] with mode and owner, or nested maps.
    ///
    /// ```
    /// use mock_sftp::{Dir, MemFs};
    ///
    /// let fs = MemFs::builder()
    ///     .put("/", [("a_dir", [("one", "1"), ("two", "2")])])
    ///     .put("/drop", Dir::new().mode(0o1777))
    ///     .build()?;
    /// assert_eq!(fs.read("/a_dir/two")?, "2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put(mut self, path: impl AsRef<[u8]>, entry: impl Into<Entry>) -> Self {
        self.steps.push((path.as_ref().to_vec(), Step::Put(entry.into())));
        self
    }

    /// Declares a user, by name alone or with ids, groups, directories and quota.
    pub fn user(mut self, user: impl Into<User>) -> Self {
        self.users.push(user.into());
        self
    }

    /// Makes owners and modes bind all sessions but root's.
    ///
    /// ```
    /// use mock_sftp::{Dir, FileSystem, FsError, MemFs};
    ///
    /// let fs = MemFs::builder().put("/home/alice", Dir::new().owner("alice")).check_permissions().build()?;
    /// assert_eq!(fs.create_dir(&fs.caller("alice"), b"/home/alice/new", 0o777), Ok(()));
    /// let refused = fs.create_dir(&fs.caller("bob"), b"/home/alice/his", 0o777);
    /// assert_eq!(refused, Err(FsError::PermissionDenied));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_permissions(mut self) -> Self {
        self.checked = true;
        self
    }

    /// Makes every change by a session fail: see [`MemFs::set_read_only`].
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Makes every change by a session below this path fail: see [`MemFs::set_read_only_below`].
    pub fn read_only_below(mut self, path: impl AsRef<[u8]>) -> Self {
        self.read_only_below.push(path.as_ref().to_vec());
        self
    }

    /// Sets how much fits. Fixtures are put in however much they are.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the clock, which then stands still: see [`MemFs::set_time`].
    pub fn time(mut self, time: SystemTime) -> Self {
        self.time = Some(time);
        self
    }

    /// Sets when reading changes the time of access. Default: as `relatime`.
    pub fn access_times(mut self, rule: AccessTimes) -> Self {
        self.access_times = rule;
        self
    }

    /// Makes the tree.
    ///
    /// # Errors
    ///
    /// [`BuildError`] where something does not go together, such as a file below a file.
    pub fn build(mut self) -> Result<MemFs, BuildError> {
        let (steps, read_only) = (mem::take(&mut self.steps), mem::take(&mut self.read_only_below));
        let fs = self.empty();
        let mut late = Late::new();
        for (path, step) in steps {
            fs.step(&path, step, &mut late).map_err(|source| BuildError { path, source })?;
        }
        fs.tree.settle(late).map_err(|source| BuildError { path: b"/".to_vec(), source })?;
        for path in read_only {
            fs.set_read_only_below(&path, true).map_err(|source| BuildError { path, source })?;
        }
        Ok(fs)
    }

    /// The tree without what was to be put into it.
    pub(super) fn empty(self) -> MemFs {
        let mut users = Users::new();
        self.users.into_iter().for_each(|user| users.add(user));
        let ledger = Ledger::new(self.limits, users.quotas());
        let clock = self.time.map_or_else(Clock::default, Clock::at);
        let tree = Tree::new(clock, ledger, users, self.checked, self.access_times);
        tree.read_only.store(self.read_only, Relaxed);
        MemFs { tree: Arc::new(tree) }
    }
}

impl MemFs {
    fn step(&self, path: &[u8], step: Step, late: &mut Late) -> Result<(), FsError> {
        match step {
            Step::Put(entry) => self.tree.put_below(path.to_vec(), entry, late),
            Step::HardLink(existing) => {
                self.tree.with_parents(path, || self.tree.hard_link(&Session::TEST, &existing, path))
            }
        }
    }
}

impl fmt::Debug for MemFsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.steps.iter().map(|(path, _)| path.escape_ascii().to_string()).collect();
        f.debug_struct("MemFsBuilder")
            .field("paths", &paths)
            .field("users", &self.users)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
