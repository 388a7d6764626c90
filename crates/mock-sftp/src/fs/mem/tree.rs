//! What the sessions share: the names, the clock, the limits and the users.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::SystemTime,
};

use bytes::Bytes;

use super::{
    access::{GROUP_EXECUTE, Rights, SEARCH, SET_GID, WRITE, Who},
    clock::Clock,
    ledger::Ledger,
    lock::{read, write},
    node::{AccessTimes, Body, Directory, Inode, Node},
    resolve::{Last, Name, Resolver},
    users::Users,
};
use crate::{Caller, FsError};

#[derive(Debug)]
pub(super) struct Tree {
    /// The root. Whoever holds this lock to write may change names; a content and attributes have locks of their own.
    pub(super) names: RwLock<Arc<Node>>,
    /// Number of the next inode.
    next: AtomicU64,
    pub(super) clock: Clock,
    pub(super) ledger: Arc<Ledger>,
    pub(super) users: RwLock<Users>,
    pub(super) read_only: AtomicBool,
    /// Whether modes bind users.
    pub(super) checked: bool,
    pub(super) access_times: AccessTimes,
}

/// Somebody, and where their paths begin.
pub(super) struct Session<'a> {
    pub(super) who: Who<'a>,
    pub(super) root: &'a [u8],
    pub(super) start: &'a [u8],
}

impl Session<'static> {
    /// The test itself.
    pub(super) const TEST: Self = Self { who: Who::TEST, root: b"/", start: b"/" };
}

impl Session<'_> {
    pub(super) fn resolver<'r>(&'r self, top: &Arc<Node>) -> Result<Resolver<'r>, FsError> {
        Resolver::new(top, &self.who, self.root, self.start)
    }
}

impl Tree {
    pub(super) fn new(
        clock: Clock,
        ledger: Ledger,
        users: Users,
        checked: bool,
        access: AccessTimes,
    ) -> Self {
        let ledger = Arc::new(ledger);
        ledger.force_inode();
        let root = Inode::new(Body::Directory(Directory::default()), 0o755, (0, 0), clock.now());
        Self {
            names: RwLock::new(Node::new(1, root, Arc::clone(&ledger))),
            next: AtomicU64::new(2),
            clock,
            ledger,
            users: RwLock::new(users),
            read_only: AtomicBool::new(false),
            checked,
            access_times: access,
        }
    }

    pub(super) fn session<'a>(&self, caller: &'a Caller) -> Session<'a> {
        Session { who: Who::caller(caller, self.checked), root: &caller.root, start: &caller.start }
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// What a path leads to.
    pub(super) fn node(
        &self,
        session: &Session<'_>,
        path: &[u8],
        follow: bool,
    ) -> Result<Arc<Node>, FsError> {
        let names = read(&self.names);
        session.resolver(&names)?.node(path, follow)
    }

    /// Changes names. What falls out of the tree is returned, to be freed when others may go on.
    pub(super) fn change<T>(
        &self,
        session: &Session<'_>,
        change: impl FnOnce(&mut Resolver<'_>) -> Result<T, FsError>,
    ) -> Result<T, FsError> {
        let names = write(&self.names);
        change(&mut session.resolver(&names)?)
    }

    /// `EROFS` where this may not be changed, or nothing may.
    pub(super) fn writable(&self, who: &Who<'_>, node: &Node) -> Result<(), FsError> {
        let refused = who.rights != Rights::Test && (self.read_only.load(Relaxed) || node.lock().read_only);
        if refused { Err(FsError::ReadOnly) } else { Ok(()) }
    }

    /// The name at the end of a path, if it is free.
    pub(super) fn vacant<'l>(
        &self,
        who: &Who<'_>,
        last: &'l Last<'_>,
        directory: bool,
    ) -> Result<&'l [u8], FsError> {
        let Name::Normal(name) = &last.name else { return Err(FsError::Exists) };
        if last.parent.child(name)?.is_some() {
            return Err(FsError::Exists);
        }
        if last.slash && !directory {
            return Err(FsError::NotFound);
        }
        self.writable(who, &last.parent)?;
        Ok(name)
    }

    /// Makes something new in a directory that has nothing of that name.
    pub(super) fn add(
        &self,
        who: &Who<'_>,
        parent: &Arc<Node>,
        name: &[u8],
        body: Body,
        mode: u32,
    ) -> Result<Arc<Node>, FsError> {
        let now = self.now();
        let is_directory = matches!(body, Body::Directory(_));
        let mut inode = parent.lock();
        who.may(&inode, WRITE | SEARCH)?;
        let (mut mode, mut gid) = (mode, who.gid);
        if inode.mode & SET_GID != 0 {
            gid = inode.gid;
            if is_directory {
                mode |= SET_GID;
            }
        }
        if who.is_bound() && !is_directory && !who.is_in(gid) && mode & GROUP_EXECUTE != 0 {
            mode &= !SET_GID;
        }
        match who.rights {
            Rights::Test => self.ledger.force_inode(),
            Rights::User | Rights::Root => self.ledger.take_inode()?,
        }
        let number = self.next.fetch_add(1, Relaxed);
        let mut child = Inode::new(body, mode, (who.uid, gid), now);
        child.read_only = inode.read_only;
        let node = Node::new(number, child, Arc::clone(&self.ledger));
        inode.directory_mut()?.entries.insert(Bytes::copy_from_slice(name), Arc::clone(&node));
        inode.links += u64::from(is_directory);
        inode.modify(now);
        Ok(node)
    }
}
