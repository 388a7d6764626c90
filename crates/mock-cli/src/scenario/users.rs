//! `[users.NAME]`: who may log in, and with what.
//!
//! Each user is read into what the server asks and what a client needs, side by side: a key that is generated here is
//! known nowhere else.

use std::fmt;

use mock_agent::Identity;
use mock_auth::User;
use mock_core::KitUser;

use super::{
    keys::LOGIN,
    login::{self, Lender, Needs, Reader},
    reader::{Entry, Node},
};

/// A user of a scenario, with what a client needs to log in.
#[derive(Clone)]
pub struct ScenarioUser {
    pub(super) name: String,
    pub(super) needs: Needs,
    pub(super) user: User,
}

impl ScenarioUser {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The password, where there is one.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.needs.password.as_deref()
    }

    /// As a client kit takes it.
    pub fn kit_user(&self) -> KitUser {
        self.identity().map_or_else(|| KitUser::new(&self.name), |identity| kit_user(&self.name, identity))
    }

    /// The key that was generated, where the file says `key`: for the client's files and for its agent.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.needs.identity.as_ref()
    }
}

/// Without secrets.
impl fmt::Debug for ScenarioUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScenarioUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A user with this key in its files, and the certificate of it if there is one.
pub(crate) fn kit_user(name: &str, identity: &Identity) -> KitUser {
    let user = KitUser::new(name).identity(identity.key().clone());
    match identity.certificate() {
        Some(certificate) => user.certificate(certificate.clone()),
        None => user,
    }
}

/// All of a file, in its order.
pub(super) fn read(node: &Node<'_>, lender: &Lender) -> Vec<ScenarioUser> {
    let entries = node.entries().unwrap_or_default();
    entries.iter().filter_map(|entry| user(entry, lender)).collect()
}

fn user(entry: &Entry<'_>, lender: &Lender) -> Option<ScenarioUser> {
    let Entry { name, span, node } = entry;
    let report = |message, hint| node.source.report(span.clone(), &node.key, message, Some(hint));
    if let Err(hint) = named(name) {
        report(format!("`{name}` cannot be the name of a user"), hint);
    }
    let table = node.table(&[&LOGIN])?;
    if !login::has_way(&table) {
        report(format!("the user `{name}` cannot log in"), login::HINT.to_owned());
    }
    let mut needs = Needs::default();
    let strategy = Reader { name, lender }.read(&table, &mut needs)?;
    Some(ScenarioUser { name: (*name).to_owned(), needs, user: User::named(*name).strategy(strategy) })
}

fn named(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("give it at least one letter".to_owned());
    }
    crate::args::user_name(name).map(drop)
}
