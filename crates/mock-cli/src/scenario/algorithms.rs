//! `algorithms` of `[server]`: a set, or lists on top of one, or of the profile's.

use mock_core::{Algorithms, Profile, StartError};

use super::{
    engine,
    keys::ALGORITHMS,
    reader::{Node, Table},
};

/// What a file or a flag says. What it does not say is the profile's if there is one, and that of the default set otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct AlgorithmTable {
    set: Option<Algorithms>,
    lists: Vec<(Offer, Vec<String>)>,
    ext_info: Option<bool>,
    strict_kex: Option<bool>,
}

/// Has the engine offer what is listed.
pub(super) type Offer = fn(Algorithms, Vec<String>) -> Algorithms;

impl From<Algorithms> for AlgorithmTable {
    fn from(set: Algorithms) -> Self {
        Self { set: Some(set), ..Self::default() }
    }
}

impl AlgorithmTable {
    /// The name of a set, or lists by name.
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        if !node.is_table() {
            return set(node).map(Self::from);
        }
        let table = node.table(&[&ALGORITHMS])?;
        let lists: [(&str, Offer); 5] = [
            ("kex", Algorithms::kex),
            ("host_keys", Algorithms::host_keys),
            ("ciphers", Algorithms::ciphers),
            ("macs", Algorithms::macs),
            ("compression", Algorithms::compression),
        ];
        let listed = |(key, offer): (&str, Offer)| Some((offer, names(&table, key, offer)?));
        Some(Self {
            set: table.get("set").and_then(|node| set(&node)),
            lists: lists.into_iter().filter_map(listed).collect(),
            ext_info: table.flag("ext_info"),
            strict_kex: table.flag("strict_kex"),
        })
    }

    /// With these lists, which go before its own.
    pub(super) fn restricted(mut self, lists: impl IntoIterator<Item = (Offer, Vec<String>)>) -> Self {
        self.lists.extend(lists);
        self
    }

    /// The algorithms of a server with this profile.
    pub(super) fn on(self, profile: Option<&Profile>) -> Algorithms {
        let base = self.set.or_else(|| profile.map(Algorithms::of_profile)).unwrap_or_default();
        let mut algorithms = self.lists.into_iter().fold(base, |base, (offer, names)| offer(base, names));
        if let Some(announced) = self.ext_info {
            algorithms = algorithms.ext_info(announced);
        }
        if let Some(announced) = self.strict_kex {
            algorithms = algorithms.strict_kex(announced);
        }
        algorithms
    }
}

/// The names in a list, of which the engine has each.
fn names(table: &Table<'_>, key: &str, offer: Offer) -> Option<Vec<String>> {
    let name = |node: &Node<'_>| {
        let name = node.text()?.to_owned();
        match unknown_algorithm(&name, offer) {
            Some(problem) => node.report(problem),
            None => return Some(name),
        }
        None
    };
    Some(table.get(key)?.one_or_more().iter().filter_map(name).collect())
}

/// That there is no algorithm of this name, if so, among those that are offered in this way.
pub(crate) fn unknown_algorithm(name: &str, offer: Offer) -> Option<String> {
    let alone = offer(Algorithms::compatible(), vec![name.to_owned()]);
    match engine::refuses(|builder| builder.algorithms(alone)) {
        // Alone it may need another host key than there is by default.
        None | Some(StartError::NoHostKey { .. }) => None,
        Some(error) => Some(error.to_string()),
    }
}

fn set(node: &Node<'_>) -> Option<Algorithms> {
    type Set = fn() -> Algorithms;
    let choices: [(&str, Set); 3] = [
        ("compatible", Algorithms::compatible),
        ("modern", Algorithms::modern),
        ("legacy", Algorithms::legacy),
    ];
    Some(node.choice(&choices)?())
}
