//! The keys of a login: those of the file, those of authorities, and the certificate of the one that is generated.

use mock_auth::{AuthorizedKey, User};
use mock_core::keys::PublicKey;

use super::{Needs, Reader, certificate::CertificateTable};
use crate::scenario::reader::{Node, Table};

/// A user with keys.
pub(super) struct Keys {
    pub(super) user: User,
    /// Whether one of them lets in.
    pub(super) is_way: bool,
}

pub(super) fn read(table: &Table<'_>, mut user: User, reader: Reader<'_>, needs: &mut Needs) -> Keys {
    let listed = listed(table);
    let authorities = table.get("trusted_user_ca_keys").map(|node| public_keys(&node)).unwrap_or_default();
    needs.own_keys = !listed.is_empty() || !authorities.is_empty();
    let is_way = needs.own_keys;
    user = listed.into_iter().fold(user, User::authorized_key);
    user = authorities.into_iter().fold(user, User::certificates_of);
    user = match table.get("certificate") {
        Some(node) => certified(user, &node, reader, needs),
        None => match &needs.identity {
            Some(identity) => user.public_key(identity.public_key()),
            None => user,
        },
    };
    if let Some(node) = table.get("principals") {
        user = user.principals(node.texts());
    }
    if let Some(node) = table.get("signature_algorithms") {
        user = user.signature_algorithms(node.texts());
    }
    if let Some(node) = table.get("revoked_keys") {
        user = user.revoked(public_keys(&node));
    }
    Keys { user, is_way }
}

/// With a certificate of the scenario's authority for its key, which does not let in without it.
fn certified(user: User, node: &Node<'_>, reader: Reader<'_>, needs: &mut Needs) -> User {
    let Some(identity) = needs.identity.take() else {
        node.report_with("there is no key to certify", "add `key = \"ed25519\"`");
        return user;
    };
    let signed = CertificateTable::read(node).and_then(|draft| {
        let signed = draft.of_user(reader.lender, identity.key().public_key(), reader.name);
        signed.map_err(|error| node.report(format!("the certificate cannot be made: {error}"))).ok()
    });
    // It is for this very key, so it fits.
    needs.identity = match signed.map(|certificate| identity.clone().certificate_of(certificate)) {
        Some(Ok(certified)) => Some(certified),
        _ => Some(identity),
    };
    user.certificates_of(&reader.lender.ca)
}

/// Lines of `authorized_keys`, here and in files.
fn listed(table: &Table<'_>) -> Vec<AuthorizedKey> {
    let mut keys = Vec::new();
    for node in table.get("public_keys").iter().flat_map(Node::one_or_more) {
        if let Some(text) = node.text_as(KEY) {
            keys.extend(lines(&node, text, ""));
        }
    }
    for node in table.get("authorized_keys").iter().flat_map(Node::one_or_more) {
        keys.extend(of_file(&node));
    }
    keys
}

/// Keys as they are, or the paths of files with keys. A path has no blank: a key has one behind its type.
fn public_keys(node: &Node<'_>) -> Vec<PublicKey> {
    let read = |node: &Node<'_>| match node.text_as(KEY_OR_FILE) {
        Some(text) if text.contains(' ') => lines(node, text, ""),
        Some(_) => of_file(node),
        None => Vec::new(),
    };
    let keys = node.one_or_more().iter().flat_map(read).collect::<Vec<_>>();
    keys.into_iter().map(|key| key.key().clone()).collect()
}

const KEY: &str = "a key such as `\"ssh-ed25519 AAAA…\"`";
const KEY_OR_FILE: &str = "a key such as `\"ssh-ed25519 AAAA…\"`, or the path of a file with keys";

fn of_file(node: &Node<'_>) -> Vec<AuthorizedKey> {
    let Some(text) = node.contents() else {
        return Vec::new();
    };
    lines(node, &text, &format!("`{}`, ", node.text().unwrap_or_default()))
}

fn lines(node: &Node<'_>, text: &str, file: &str) -> Vec<AuthorizedKey> {
    match AuthorizedKey::parse_all(text) {
        Ok(keys) if keys.is_empty() => node.report(format!("{file}there is no key")),
        Ok(keys) => return keys,
        Err(error) => {
            node.report_with(format!("{file}{error}"), "expected `ssh-ed25519 AAAA… comment` or the like");
        }
    }
    Vec::new()
}
