//! What one may log in with: a user's table, and each table of a list in it that a login needs several of.
//!
//! Each way in becomes a strategy of the library, and what wraps strategies wraps them in the order of this module. What a
//! client needs is collected beside them: a key that is generated here is known nowhere else.

mod certificate;
mod keys;
mod prompts;
mod wrap;

use mock_agent::{Identity, KeyType};
use mock_auth::{
    AcceptAny, AuthenticationMethods, Clock, Combine as _, ExpiredPassword, MockCa, RejectAny, User, Users,
    all_of, by_connection, first_of, in_order,
};
use mock_core::{Authenticator, Method, Methods};

pub(super) use self::certificate::CertificateTable;
use super::{
    keys::LOGIN,
    reader::{Node, Table},
};
use crate::credentials::Round;

/// What all users of a scenario share.
#[derive(Debug)]
pub(super) struct Lender {
    /// Signs their certificates, and those of host keys.
    pub(super) ca: MockCa,
    /// One whose certificates nobody trusts.
    pub(super) stranger: MockCa,
    pub(super) clock: Clock,
}

/// Keys that are about a way in and none themselves.
const ABOUT: [&str; 11] = [
    "principals",
    "signature_algorithms",
    "revoked_keys",
    "tries",
    "authentication_methods",
    "fail_first",
    "nth_key",
    "lock_after",
    "withdraw",
    "disconnect_after",
    "delay",
];

impl Default for Lender {
    fn default() -> Self {
        Self { ca: MockCa::new(), stranger: MockCa::new(), clock: Clock::system() }
    }
}

/// What a client needs to log in, of everything that is said of a user: the first of each kind.
#[derive(Default, Clone)]
pub(super) struct Needs {
    pub(super) none: bool,
    pub(super) password: Option<String>,
    pub(super) identity: Option<Identity>,
    /// Whether there are keys of which only the client has the private half.
    pub(super) own_keys: bool,
    pub(super) rounds: Vec<Round>,
}

impl Needs {
    fn or(&mut self, other: Self) {
        self.none |= other.none;
        self.own_keys |= other.own_keys;
        self.password = self.password.take().or(other.password);
        self.identity = self.identity.take().or(other.identity);
        if self.rounds.is_empty() {
            self.rounds = other.rounds;
        }
    }
}

/// Whose login is read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) name: &'a str,
    pub(super) lender: &'a Lender,
}

impl Reader<'_> {
    /// What this table lets in, and what a client needs for it. `None` where there is nothing that could let in.
    pub(super) fn read(self, table: &Table<'_>, needs: &mut Needs) -> Option<Box<dyn Authenticator>> {
        let before = needs.clone();
        let mut ways: Vec<Box<dyn Authenticator>> = Vec::new();
        // Of the table itself, which is heard before those within it.
        let mut own = Needs::default();
        let (user, has_way) = self.methods(table, &mut own);
        if has_way {
            ways.push(Box::new(Users::new([user])));
        }
        if table.is_set("accept_any") {
            own.none = true;
            ways.push(Box::new(AcceptAny));
        }
        if let Some(shown) = table.get("reject") {
            ways.push(Box::new(RejectAny::showing(methods(&shown))));
        }
        if let Some(password) = table.text("expired_password") {
            own.password.get_or_insert_with(|| password.to_owned());
            ways.push(Box::new(ExpiredPassword::new(self.name, password)));
        }
        needs.or(own);
        let mut parts = |key| self.parts(table, key, needs);
        ways.extend(parts("first_of").map(|parts| Box::new(first_of(parts)) as Box<dyn Authenticator>));
        ways.extend(parts("in_order").map(|parts| Box::new(in_order(parts)) as Box<dyn Authenticator>));
        ways.extend(parts("all_of").map(|parts| Box::new(all_of(parts)) as Box<dyn Authenticator>));
        ways.extend(
            parts("by_connection").map(|parts| Box::new(by_connection(parts)) as Box<dyn Authenticator>),
        );
        let mut strategy: Box<dyn Authenticator> = match ways.len() {
            0 => {
                *needs = before;
                return None;
            }
            1 => ways.remove(0),
            _ => Box::new(first_of(ways)),
        };
        if let Some(lists) = table.get("authentication_methods").and_then(|node| required(&node)) {
            strategy = Box::new(strategy.requiring(lists));
        }
        Some(wrap::wrap(strategy, table))
    }

    /// The methods that are enough by themselves, and whether there are any.
    fn methods(self, table: &Table<'_>, needs: &mut Needs) -> (User, bool) {
        let mut user = User::named(self.name).clock(&self.lender.clock);
        let mut ways = 0;
        if table.is_set("none") {
            (needs.none, user) = (true, user.none());
            ways += 1;
        }
        if let Some(password) = table.text("password") {
            (needs.password, user) = (Some(password.to_owned()), user.password(password));
            ways += 1;
        }
        if let Some(node) = table.get("password_also_interactive").filter(|node| node.flag() == Some(true)) {
            user = user.password_also_interactive();
            if needs.password.is_none() {
                node.report_with("there is no password", "add `password = \"…\"`");
            }
        }
        needs.identity = table.get("key").and_then(|node| generated(&node, self.name));
        let keys = keys::read(table, user, self, needs);
        user = keys.user;
        ways += usize::from(keys.is_way || needs.identity.is_some());
        if let Some(node) = table.get("keyboard_interactive") {
            let rounds = prompts::rounds(&node, &self.lender.clock);
            let (shown, asked): (Vec<_>, Vec<_>) = rounds.into_iter().unzip();
            (needs.rounds, user) = (shown, user.keyboard_interactive(asked));
            ways += 1;
        }
        if let Some(tries) = wrap::count(table, "tries", 1) {
            user = user.tries(tries);
        }
        (user, ways > 0)
    }

    /// The parts of a login that has several, each a table like that of a user.
    fn parts(self, table: &Table<'_>, key: &str, needs: &mut Needs) -> Option<Vec<Box<dyn Authenticator>>> {
        let node = table.get(key)?;
        let list = node.list()?;
        if list.is_empty() {
            node.report_with(format!("`{key}` is empty"), "put at least one table into it");
        }
        let part = |node: &Node<'_>| {
            let part = node.table(&[&LOGIN])?;
            if !has_way(&part) {
                node.report_with("nothing here lets anybody in", HINT);
            }
            self.read(&part, needs)
        };
        Some(list.iter().filter_map(part).collect())
    }
}

/// Whether a table says how to log in, well or badly.
pub(super) fn has_way(table: &Table<'_>) -> bool {
    table.names().any(|name| !ABOUT.contains(&name))
}

/// What to do about a table that does not.
pub(super) const HINT: &str =
    "add `none = true`, `password`, `key`, `public_keys`, `keyboard_interactive` or the like";

fn generated(node: &Node<'_>, user: &str) -> Option<Identity> {
    let types = [("ed25519", KeyType::Ed25519), ("ecdsa", KeyType::Ecdsa), ("rsa", KeyType::Rsa)];
    let made = Identity::generate(node.choice(&types)?, user);
    made.map_err(|error| node.report(error.to_string())).ok()
}

/// Methods by name, in the order written.
pub(super) fn methods(node: &Node<'_>) -> Methods {
    node.one_or_more().iter().filter_map(|node| node.choice(&METHODS)).collect()
}

/// The methods of a login that can be listed.
const METHODS: [(&str, Method); 3] = [
    ("publickey", Method::PublicKey),
    ("password", Method::Password),
    ("keyboard-interactive", Method::KeyboardInteractive),
];

/// Lists in OpenSSH's words, each a text or all in one.
fn required(node: &Node<'_>) -> Option<AuthenticationMethods> {
    let example = "lists such as `\"publickey,password publickey,keyboard-interactive\"`";
    let lists = node.one_or_more();
    let mut texts = Vec::new();
    for list in &lists {
        let text = list.text_as(example)?;
        if let Err(error) = text.parse::<AuthenticationMethods>() {
            list.report_with(error.to_string(), format!("expected {example}"));
            return None;
        }
        texts.push(text);
    }
    let all = texts.join(" ").parse();
    all.map_err(|error| node.report_with(format!("{error}"), format!("expected {example}"))).ok()
}
