//! Certificates of the scenario's own authority, for users and for host keys: good ones, and each kind of bad one.

use std::{collections::BTreeMap, time::SystemTime};

use mock_auth::MockCa;
use mock_core::{
    HostKey,
    keys::{Certificate, PublicKey, ssh_key},
};

use super::Lender;
use crate::scenario::{
    keys::CERTIFICATE,
    reader::{Node, Table},
};

/// What a certificate is to say. What it does not say is as in a good one.
#[derive(Debug, Clone, Default)]
pub(crate) struct CertificateTable {
    principals: Option<Vec<String>>,
    valid: Validity,
    /// Signed by one whom nobody trusts.
    by_stranger: bool,
    /// For a host or for a user, where that is said.
    for_host: Option<bool>,
    key_id: Option<String>,
    serial: Option<u64>,
    critical: BTreeMap<String, String>,
    extensions: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Validity {
    #[default]
    Now,
    Expired,
    NotYet,
    Between(SystemTime, SystemTime),
}

/// The names by which a client on this machine may know a host.
const LOCAL: [&str; 3] = ["127.0.0.1", "::1", "localhost"];

impl CertificateTable {
    /// `true` for a good one, or a table.
    pub(in crate::scenario) fn read(node: &Node<'_>) -> Option<Self> {
        if !node.is_table() {
            return node.flag()?.then(Self::default);
        }
        let table = node.table(&[&CERTIFICATE])?;
        let mut critical = options(&table);
        for (key, name) in [("force_command", "force-command"), ("source_address", "source-address")] {
            critical.extend(table.text(key).map(|value| (name.to_owned(), value.to_owned())));
        }
        Some(Self {
            principals: table.get("principals").map(|node| node.texts()),
            valid: validity(&table),
            by_stranger: table.get("authority").and_then(|node| node.choice(&AUTHORITIES)) == Some(true),
            for_host: table.get("type").and_then(|node| node.choice(&[("user", false), ("host", true)])),
            key_id: table.text("key_id").map(str::to_owned),
            serial: table.number("serial", 0, i64::MAX.unsigned_abs()),
            critical,
            extensions: table.get("extensions").map(|node| node.texts()),
        })
    }

    /// Signs one for the key of a user.
    pub(super) fn of_user(
        &self,
        lender: &Lender,
        key: &PublicKey,
        user: &str,
    ) -> Result<Certificate, ssh_key::Error> {
        let ca = if self.by_stranger { &lender.stranger } else { &lender.ca };
        self.sign(ca, key, self.for_host.unwrap_or(false), &[user])
    }

    /// The host key with a certificate for names of this machine.
    pub(in crate::scenario) fn of_host(
        &self,
        lender: &Lender,
        key: HostKey,
    ) -> Result<HostKey, ssh_key::Error> {
        let ca = if self.by_stranger { &lender.stranger } else { &lender.ca };
        let certificate = self.sign(ca, key.public_key(), self.for_host.unwrap_or(true), &LOCAL)?;
        // It is for this very key, so it fits.
        key.with_certificate(certificate).map_err(|_| ssh_key::Error::CertificateValidation)
    }

    fn sign(
        &self,
        ca: &MockCa,
        key: &PublicKey,
        for_host: bool,
        names: &[&str],
    ) -> Result<Certificate, ssh_key::Error> {
        let owned = || names.iter().map(|name| (*name).to_owned()).collect();
        let principals = self.principals.clone().unwrap_or_else(owned);
        let mut draft =
            if for_host { ca.host(key, principals) } else { ca.user(key, "").principals(principals) };
        draft = match self.valid {
            Validity::Now => draft,
            Validity::Expired => draft.expired(),
            Validity::NotYet => draft.not_yet_valid(),
            Validity::Between(after, before) => draft.valid(after, before),
        };
        if let Some(id) = &self.key_id {
            draft = draft.key_id(id);
        }
        if let Some(number) = self.serial {
            draft = draft.serial(number);
        }
        if let Some(extensions) = &self.extensions {
            draft =
                extensions.iter().fold(draft.without_extensions(), mock_auth::CertificateDraft::extension);
        }
        let critical = self.critical.iter();
        critical.fold(draft, |draft, (name, value)| draft.critical_option(name, value)).sign()
    }
}

const AUTHORITIES: [(&str, bool); 2] = [("known", false), ("unknown", true)];

fn validity(table: &Table<'_>) -> Validity {
    table.excludes("valid", &["valid_after", "valid_before"], "say either in a word or with both times");
    let word = table.get("valid").and_then(|node| {
        node.choice(&[("now", Validity::Now), ("expired", Validity::Expired), ("not_yet", Validity::NotYet)])
    });
    let moment = |key: &str| table.get(key).and_then(|node| node.moment());
    match (word, moment("valid_after"), moment("valid_before")) {
        (Some(word), ..) => word,
        (None, None, None) => Validity::Now,
        (None, after, before) => Validity::Between(
            after.unwrap_or(SystemTime::UNIX_EPOCH),
            before.unwrap_or_else(|| SystemTime::now() + std::time::Duration::from_secs(24 * 60 * 60)),
        ),
    }
}

fn options(table: &Table<'_>) -> BTreeMap<String, String> {
    let entries = table.get("critical_options").and_then(|node| node.entries()).unwrap_or_default();
    let option = |entry: &crate::scenario::reader::Entry<'_>| {
        Some((entry.name.to_owned(), entry.node.text()?.to_owned()))
    };
    entries.iter().filter_map(option).collect()
}
