//! `[users.NAME]`: who may log in, and with what.
//!
//! Each user is read into what the server asks and what a client needs, side by side: a key that is generated here is
//! known nowhere else.

use std::fmt;

use mock_agent::{Identity, KeyType};
use mock_auth::User;
use mock_core::KitUser;

use super::{
    keys::{PROMPT, ROUND, USER},
    reader::{Entry, Node, Table},
};
use crate::credentials::{Prompt, Round};

/// A user of a scenario, with what a client needs to log in.
#[derive(Clone)]
pub struct ScenarioUser {
    pub(crate) name: String,
    pub(crate) none: bool,
    pub(crate) password: Option<String>,
    pub(crate) identity: Option<Identity>,
    /// Whether it has keys of which the client has the private half.
    pub(crate) own_keys: bool,
    pub(crate) rounds: Vec<Round>,
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
        self.password.as_deref()
    }

    /// As a client kit takes it.
    pub fn kit_user(&self) -> KitUser {
        let user = KitUser::new(&self.name);
        match &self.identity {
            Some(identity) => user.identity(identity.key().clone()),
            None => user,
        }
    }

    /// The key that was generated, where the file says `key`: for the client's files and for its agent.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }
}

/// Without secrets.
impl fmt::Debug for ScenarioUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScenarioUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All of a file, in its order.
pub(super) fn read(node: &Node<'_>) -> Vec<ScenarioUser> {
    node.entries().unwrap_or_default().iter().filter_map(user).collect()
}

fn user(entry: &Entry<'_>) -> Option<ScenarioUser> {
    let Entry { name, span, node } = entry;
    if let Err(hint) = named(name) {
        let message = format!("`{name}` cannot be the name of a user");
        node.source.report(span.clone(), &node.key, message, Some(hint));
    }
    let table = node.table(&[&USER])?;
    let (none, password) = (table.is_set("none"), table.text("password").map(str::to_owned));
    let mut user = User::named(*name);
    if none {
        user = user.none();
    }
    if let Some(password) = &password {
        user = user.password(password);
    }
    if table.is_set("password_also_interactive") {
        user = user.password_also_interactive();
        if let (None, Some(node)) = (&password, table.get("password_also_interactive")) {
            node.report_with("there is no password", "add `password = \"…\"`");
        }
    }
    let listed = public_keys(&table);
    let own_keys = !listed.is_empty();
    for text in listed {
        // Read once already.
        user = user.clone().authorized_keys(&text).unwrap_or(user);
    }
    let identity = table.get("key").and_then(|node| generated(&node, name));
    if let Some(identity) = &identity {
        user = user.public_key(identity.public_key());
    }
    let rounds = table.get("keyboard_interactive").map(|node| rounds(&node));
    if let Some(rounds) = &rounds {
        user = user.keyboard_interactive(rounds.iter().map(Round::to_ask));
    }
    let nothing = [none, password.is_some(), own_keys, identity.is_some(), rounds.is_some()] == [false; 5];
    if nothing && table.is_empty() {
        let hint = "add `none = true`, `password`, `key`, `public_keys` or `keyboard_interactive`";
        let message = format!("the user `{name}` cannot log in");
        node.source.report(span.clone(), &node.key, message, Some(hint.to_owned()));
    }
    Some(ScenarioUser {
        name: (*name).to_owned(),
        none,
        password,
        identity,
        own_keys,
        rounds: rounds.unwrap_or_default(),
        user,
    })
}

fn named(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("give it at least one letter".to_owned());
    }
    crate::args::user_name(name).map(drop)
}

/// Lists of keys as `authorized_keys` has them, each of which can be read.
fn public_keys(table: &Table<'_>) -> Vec<String> {
    let mut lists = Vec::new();
    let mut add = |node: &Node<'_>, text: String, file: &str| match User::named("").authorized_keys(&text) {
        Ok(_) if text.trim().is_empty() => node.report(format!("{file}there is no key")),
        Ok(_) => lists.push(text),
        Err(error) => {
            node.report_with(format!("{file}{error}"), "expected `ssh-ed25519 AAAA… comment` or the like");
        }
    };
    for node in table.get("public_keys").iter().flat_map(Node::one_or_more) {
        if let Some(text) = node.text_as("a key such as `\"ssh-ed25519 AAAA…\"`") {
            add(&node, text.to_owned(), "");
        }
    }
    for node in table.get("authorized_keys").iter().flat_map(Node::one_or_more) {
        if let Some(text) = node.contents() {
            let file = format!("`{}`, ", node.text().unwrap_or_default());
            add(&node, text, &file);
        }
    }
    lists
}

fn generated(node: &Node<'_>, user: &str) -> Option<Identity> {
    let types = [("ed25519", KeyType::Ed25519), ("ecdsa", KeyType::Ecdsa), ("rsa", KeyType::Rsa)];
    let made = Identity::generate(node.choice(&types)?, user);
    made.map_err(|error| node.report(error.to_string())).ok()
}

fn rounds(node: &Node<'_>) -> Vec<Round> {
    let text = |table: &Table<'_>, key| table.text(key).unwrap_or_default().to_owned();
    let prompt = |node: &Node<'_>| {
        let table = node.table(&[&PROMPT])?;
        let label = table.require("label", "\"Password: \"")?.text()?.to_owned();
        let answer = table.require("answer", "\"secret\"")?.text()?.to_owned();
        Some(Prompt { label: label.into(), echo: table.is_set("echo"), answer })
    };
    let round = |node: &Node<'_>| {
        let table = node.table(&[&ROUND])?;
        let prompts = table.get("prompts").iter().flat_map(Node::one_or_more).collect::<Vec<_>>();
        Some(Round {
            name: text(&table, "name").into(),
            instructions: text(&table, "instructions").into(),
            prompts: prompts.iter().filter_map(prompt).collect(),
        })
    };
    node.one_or_more().iter().filter_map(round).collect()
}
