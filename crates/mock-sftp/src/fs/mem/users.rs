//! Who there is: names, ids, groups, and where each user's paths begin.

use crate::Caller;

/// First id of an ordinary user, and of a group that is no user's own.
const FIRST_USER: u32 = 1000;
const FIRST_GROUP: u32 = 100;

/// A user of a tree.
///
/// Users need not be declared: whoever logs in gets the next free id from 1000 on, a group of the same name and id,
/// the umask `022`, and `/` as root and start directory. `root` has the id 0.
///
/// ```
/// use mock_sftp::{FileSystem, MemFs, User};
///
/// let fs = MemFs::builder()
///     .user(User::new("deploy").groups(["www"]).umask(0o002).start("/srv"))
///     .dir("/srv")
///     .build()?;
/// assert_eq!(fs.caller("deploy").uid, 1000);
/// assert_eq!(fs.user_name(1000).as_deref(), Some("deploy"));
/// # Ok::<(), mock_sftp::BuildError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a user is given to `MemFsBuilder::user`"]
pub struct User {
    name: String,
    uid: Option<u32>,
    groups: Vec<String>,
    umask: u32,
    root: Vec<u8>,
    start: Vec<u8>,
    quota: Option<u64>,
}

impl User {
    /// A user with the next free id.
    pub fn new(name: impl Into<String>) -> Self {
        let (root, start) = (b"/".to_vec(), b"/".to_vec());
        Self { name: name.into(), uid: None, groups: Vec::new(), umask: 0o022, root, start, quota: None }
    }

    /// Sets the user id, which is the id of the user's own group as well.
    pub fn uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Adds further groups, which are made if they are new: with the next free id from 100 on.
    pub fn groups(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// Sets the mode bits that are taken away from what the user makes. Default: `022`.
    pub fn umask(mut self, umask: u32) -> Self {
        self.umask = umask & 0o777;
        self
    }

    /// Sets the directory that the user sees as `/` and cannot leave. Default: the root of the tree.
    pub fn root(mut self, path: impl AsRef<[u8]>) -> Self {
        self.root = path.as_ref().to_vec();
        self
    }

    /// Sets where relative paths begin, as the user sees it. If it is not there, they are not found. Default: `/`.
    pub fn start(mut self, path: impl AsRef<[u8]>) -> Self {
        self.start = path.as_ref().to_vec();
        self
    }

    /// Limits the bytes of all files of this user together: beyond it writes fail with
    /// [`QuotaExceeded`](crate::FsError::QuotaExceeded).
    pub fn quota(mut self, bytes: u64) -> Self {
        self.quota = Some(bytes);
        self
    }
}

impl<T: Into<String>> From<T> for User {
    fn from(name: T) -> Self {
        Self::new(name)
    }
}

/// The users of a tree. There are few, so they are searched one by one.
#[derive(Debug)]
pub(super) struct Users {
    users: Vec<(u32, User)>,
    /// Groups that are not a user's own.
    groups: Vec<(u32, String)>,
}

impl Users {
    pub(super) fn new() -> Self {
        Self { users: vec![(0, User::new("root").uid(0))], groups: Vec::new() }
    }

    /// Adds a user, or replaces the one of that name.
    pub(super) fn add(&mut self, user: User) {
        let known = self.users.iter().find(|(_, known)| known.name == user.name).map(|(uid, _)| *uid);
        let uid = user.uid.or(known).unwrap_or_else(|| after(&self.users, FIRST_USER));
        self.users.retain(|(_, known)| known.name != user.name);
        let groups = user.groups.clone();
        self.users.push((uid, user));
        for group in &groups {
            self.gid(group);
        }
    }

    pub(super) fn caller(&mut self, name: &str) -> Caller {
        let uid = self.uid(name);
        let user = self.users.iter().find(|(_, user)| user.name == name).map(|(_, user)| user.clone());
        let user = user.unwrap_or_else(|| User::new(name));
        let groups = user.groups.iter().map(|group| self.gid(group)).collect();
        let (umask, root, start) = (user.umask, user.root, user.start);
        Caller { user: name.to_owned(), uid, gid: uid, groups, umask, root, start }
    }

    /// The id of a user, who becomes known by this.
    pub(super) fn uid(&mut self, name: &str) -> u32 {
        let known = self.users.iter().find(|(_, user)| user.name == name).map(|(uid, _)| *uid);
        known.unwrap_or_else(|| {
            let uid = after(&self.users, FIRST_USER);
            self.users.push((uid, User::new(name)));
            uid
        })
    }

    /// The id of a group, which becomes known by this.
    pub(super) fn gid(&mut self, name: &str) -> u32 {
        let user = self.users.iter().find(|(_, user)| user.name == name).map(|(uid, _)| *uid);
        let known = self.groups.iter().find(|(_, group)| group == name).map(|(gid, _)| *gid);
        user.or(known).unwrap_or_else(|| {
            let gid = after(&self.groups, FIRST_GROUP);
            self.groups.push((gid, name.to_owned()));
            gid
        })
    }

    pub(super) fn home(&self, name: &str) -> Option<Vec<u8>> {
        self.users.iter().find(|(_, user)| user.name == name).map(|(_, user)| user.start.clone())
    }

    pub(super) fn user_name(&self, uid: u32) -> Option<String> {
        self.users.iter().find(|(known, _)| *known == uid).map(|(_, user)| user.name.clone())
    }

    pub(super) fn group_name(&self, gid: u32) -> Option<String> {
        let group = self.groups.iter().find(|(known, _)| *known == gid).map(|(_, name)| name.clone());
        group.or_else(|| self.user_name(gid))
    }

    /// Owners whose bytes are limited.
    pub(super) fn quotas(&self) -> impl Iterator<Item = (u32, u64)> {
        self.users.iter().filter_map(|(uid, user)| Some((*uid, user.quota?)))
    }
}

/// The id after the highest of these, at least `first`.
fn after<T>(taken: &[(u32, T)], first: u32) -> u32 {
    let ids = taken.iter().map(|(id, _)| *id).filter(|id| *id >= first);
    ids.max().map_or(first, |id| id.saturating_add(1))
}
