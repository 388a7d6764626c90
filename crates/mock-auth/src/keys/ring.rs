//! The keys and authorities by which somebody may log in, and how a key or a certificate is judged by them.

use mock_core::{
    Credential, Peer, Permissions, Verdict,
    keys::{Certificate, PublicKey, ssh_key::public::KeyData},
};

use super::{AuthorizedKey, KeyOptions};
use crate::{Clock, certificate};

/// Keys and authorities with what holds for all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyRing {
    pub(crate) keys: Vec<AuthorizedKey>,
    /// Authorities whose certificates are trusted, as of `TrustedUserCAKeys`.
    pub(crate) authorities: Vec<KeyData>,
    /// Whom certificates of those must name in place of the user, as of `AuthorizedPrincipalsFile`.
    pub(crate) principals: Option<Vec<String>>,
    /// Signature algorithms that are accepted; all if there is no list.
    pub(crate) algorithms: Option<Vec<String>>,
    /// Keys that let nobody in any more: of users and of authorities.
    pub(crate) revoked: Vec<KeyData>,
    pub(crate) clock: Clock,
}

/// Who presents a key, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presenter<'a> {
    pub(crate) user: &'a str,
    pub(crate) peer: &'a Peer,
}

impl KeyRing {
    pub(crate) fn judge(&self, credential: Credential<'_>, presenter: Presenter<'_>) -> Verdict {
        match credential {
            Credential::KeyOffered { key, algorithm } => {
                let verdict = self.judge_key(key, algorithm, presenter);
                if matches!(verdict, Err(Objection::Unknown)) && self.has_authorities() {
                    // An offer shows the bare key: docs/engine.md.
                    return Verdict::accept("key is not known, but may have a certificate");
                }
                verdict.map_or_else(Objection::reject, |_| Verdict::accept("key is known"))
            }
            Credential::KeySigned { key, algorithm } => match self.judge_key(key, algorithm, presenter) {
                Ok(permissions) => Verdict::accept("key is known").permitting(permissions),
                Err(objection) => objection.reject(),
            },
            Credential::Certificate(certificate) => match self.judge_certificate(certificate, presenter) {
                Ok(permissions) => {
                    let why = format!("certificate {:?} is trusted", certificate.key_id());
                    Verdict::accept(why).permitting(permissions)
                }
                Err(why) => Verdict::reject(why),
            },
            _ => Verdict::reject("no key is presented"),
        }
    }

    fn has_authorities(&self) -> bool {
        !self.authorities.is_empty() || self.keys.iter().any(|key| key.options().is_authority())
    }

    fn judge_key(
        &self,
        key: &PublicKey,
        algorithm: &str,
        presenter: Presenter<'_>,
    ) -> Result<Permissions, Objection> {
        if self.algorithms.as_ref().is_some_and(|accepted| !accepted.iter().any(|one| one == algorithm)) {
            return Err(Objection::Because(format!("signatures by {algorithm} are not accepted")));
        }
        if self.revoked.contains(key.key_data()) {
            return Err(Objection::Because("key is revoked".to_owned()));
        }
        let mut objection = Objection::Unknown;
        for known in self.keys.iter().filter(|known| !known.options().is_authority()) {
            if known.key().key_data() == key.key_data() {
                match known.options().objection(key.key_data(), presenter.peer, &self.clock) {
                    None => return Ok(known.options().permissions().clone()),
                    Some(why) => objection = Objection::Because(why),
                }
            }
        }
        Err(objection)
    }

    fn judge_certificate(
        &self,
        certificate: &Certificate,
        presenter: Presenter<'_>,
    ) -> Result<Permissions, String> {
        if !self.has_authorities() {
            return Err("no certificate is accepted".to_owned());
        }
        let algorithm = certificate.algorithm().to_string();
        if self.algorithms.as_ref().is_some_and(|accepted| !accepted.contains(&algorithm)) {
            return Err(format!("certificates of {algorithm} keys are not accepted"));
        }
        let authority = certificate.signature_key();
        if self.revoked.contains(certificate.public_key()) || self.revoked.contains(authority) {
            return Err("key or authority of the certificate is revoked".to_owned());
        }
        let mut objection = "the authority of the certificate is not trusted".to_owned();
        if self.authorities.contains(authority) {
            let names = certificate::Names::Required(self.principals.as_deref());
            match certificate::check(certificate, names, presenter, &self.clock) {
                Ok(permissions) => return Ok(permissions),
                Err(why) => objection = why,
            }
        }
        let lines = self.keys.iter().filter(|line| line.key().key_data() == authority);
        for options in lines.map(AuthorizedKey::options).filter(|options| options.is_authority()) {
            match self.check_by_line(certificate, options, presenter) {
                Ok(permissions) => return Ok(permissions),
                Err(why) => objection = why,
            }
        }
        Err(objection)
    }

    /// By a line with `cert-authority`: what the line and the certificate allow both.
    fn check_by_line(
        &self,
        certificate: &Certificate,
        options: &KeyOptions,
        presenter: Presenter<'_>,
    ) -> Result<Permissions, String> {
        if let Some(objection) = options.objection(certificate.public_key(), presenter.peer, &self.clock) {
            return Err(objection);
        }
        let names = match options.principals() {
            Some(names) => certificate::Names::Required(Some(names)),
            None => certificate::Names::IfAny,
        };
        let permissions = certificate::check(certificate, names, presenter, &self.clock)?;
        let both = options.permissions().clone().and(&permissions);
        both.map_err(|_| "the key's line and its certificate force different commands".to_owned())
    }
}

/// Why a key does not let in.
enum Objection {
    Unknown,
    Because(String),
}

impl Objection {
    fn reject(self) -> Verdict {
        match self {
            Self::Unknown => Verdict::reject("key is not known"),
            Self::Because(why) => Verdict::reject(why),
        }
    }
}
