//! OpenSSH user certificates (PROTOCOL.certkeys): who trusts an authority trusts what it signs.
//!
//! The engine has verified the signatures and, by the machine's clock, the validity in time. Everything else is decided
//! here, in the order in which OpenSSH decides it.

mod draft;
mod mock_ca;

pub use draft::CertificateDraft;
pub use mock_ca::MockCa;
use mock_core::{
    Authenticator, LoginContext, LoginState, Permissions, Privilege,
    keys::{Certificate, PublicKey},
};

use crate::{
    AddressList, Clock,
    keys::{KeyRing, Presenter},
    login::{Grants, Single},
};

/// Lets in a user who shows a certificate of an authority that is trusted.
///
/// A certificate says whose a key is, so that servers need to know the authority and no key at all (OpenSSH
/// PROTOCOL.certkeys). It must be one for users, be valid at this time, name the user among its principals, and have no
/// critical option that the server does not know. Its extensions say what the login may do: without `permit-pty` there
/// is no terminal.
///
/// ```
/// use mock_auth::{Certificates, MockCa};
/// use mock_core::{Answer, Attempt, Authenticator, Credential, HostKey, LoginContext, Privilege};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ca = MockCa::new();
/// let strategy = Certificates::new("anna", [&ca]);
/// let key = HostKey::ed25519(); // any key will do
/// let try_with = |certificate| {
///     let attempt = Attempt::new("anna", Credential::Certificate(&certificate));
///     strategy.begin(&LoginContext::detached("anna")).attempt(&attempt)
/// };
///
/// let verdict = try_with(ca.user(key.public_key(), "anna").sign()?);
/// assert!(matches!(verdict.answer, Answer::Accept));
/// assert!(verdict.permissions.allows(Privilege::Pty));
///
/// let verdict = try_with(ca.user(key.public_key(), "anna").without_extension("permit-pty").sign()?);
/// assert!(!verdict.permissions.allows(Privilege::Pty));
///
/// let why = |certificate| try_with(certificate).why;
/// assert_eq!(why(ca.user(key.public_key(), "bert").sign()?), "the certificate does not name anna, but bert");
/// assert_eq!(why(ca.user(key.public_key(), "anna").expired().sign()?), "the certificate has expired");
/// assert_eq!(why(ca.host(key.public_key(), ["anna"]).sign()?), "the certificate is one for hosts");
/// let another = MockCa::new().user(key.public_key(), "anna").sign()?;
/// assert_eq!(why(another), "the authority of the certificate is not trusted");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Certificates(Single);

impl Certificates {
    /// Lets in this user with certificates of these authorities that name it.
    pub fn new(user: impl Into<String>, authorities: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::named(user, grants(authorities)))
    }

    /// Lets in every user whom a certificate of these authorities names: OpenSSH's `TrustedUserCAKeys`.
    pub fn any_user(authorities: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        Self(Single::anybody(grants(authorities)))
    }

    /// Wants one of these names in the certificate in place of the user's: OpenSSH's `AuthorizedPrincipalsFile`.
    pub fn principals(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.with(|ring| ring.principals = Some(names))
    }

    /// Goes by this clock. It can narrow when a certificate is valid, not widen: the engine goes by the machine's first.
    pub fn clock(self, clock: &Clock) -> Self {
        let clock = clock.clone();
        self.with(|ring| ring.clock = clock)
    }

    /// Lets nobody in any more with these keys, or with certificates of these authorities.
    pub fn revoked(self, keys: impl IntoIterator<Item = impl Into<PublicKey>>) -> Self {
        let keys: Vec<_> = keys.into_iter().map(|key| key.into().into()).collect();
        self.with(|ring| ring.revoked.extend(keys))
    }

    fn with(mut self, change: impl FnOnce(&mut KeyRing)) -> Self {
        change(self.0.grants_mut().keys.get_or_insert_default());
        self
    }
}

impl Authenticator for Certificates {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        self.0.begin(context)
    }
}

fn grants(authorities: impl IntoIterator<Item = impl Into<PublicKey>>) -> Grants {
    let authorities = authorities.into_iter().map(|key| key.into().into()).collect();
    Grants { keys: Some(KeyRing { authorities, ..KeyRing::default() }), ..Grants::default() }
}

/// Whom a certificate must name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Names<'a> {
    /// One of these, or the user.
    Required(Option<&'a [String]>),
    /// The user, unless it names nobody, which is a certificate for everybody. So it is with an authority in
    /// `authorized_keys`, which is the user's own file.
    IfAny,
}

/// What a certificate of a trusted authority allows, or why it does not let in.
pub(crate) fn check(
    certificate: &Certificate,
    names: Names<'_>,
    presenter: Presenter<'_>,
    clock: &Clock,
) -> Result<Permissions, String> {
    if !certificate.cert_type().is_user() {
        return Err("the certificate is one for hosts".to_owned());
    }
    let now = clock.unix();
    if now < certificate.valid_after() {
        return Err("the certificate is not yet valid".to_owned());
    }
    if now >= certificate.valid_before() {
        return Err("the certificate has expired".to_owned());
    }
    check_names(certificate.valid_principals(), names, presenter.user)?;
    let mut permissions = Permissions::restricted();
    for (name, value) in certificate.critical_options().iter() {
        match name.as_str() {
            "force-command" => permissions = permissions.force_command(value.as_str()),
            "source-address" => {
                let list = AddressList::networks(value)
                    .map_err(|error| format!("critical option source-address: {error}"))?;
                if !list.contains_peer(presenter.peer) {
                    return Err(format!("the certificate is not for use from {}", presenter.peer));
                }
            }
            // `verify-required` among them: the engine does not tell what a security key has verified.
            _ => return Err(format!("critical option `{name}` is not known")),
        }
    }
    let permitted = |(name, privilege): (&str, Privilege)| {
        certificate.extensions().contains_key(name).then_some(privilege)
    };
    Ok(EXTENSIONS.into_iter().filter_map(permitted).fold(permissions, Permissions::allow))
}

/// Extensions that permit something. Others are ignored, as PROTOCOL.certkeys asks.
pub(crate) const EXTENSIONS: [(&str, Privilege); 5] = [
    ("permit-X11-forwarding", Privilege::X11Forwarding),
    ("permit-agent-forwarding", Privilege::AgentForwarding),
    ("permit-port-forwarding", Privilege::PortForwarding),
    ("permit-pty", Privilege::Pty),
    ("permit-user-rc", Privilege::UserRc),
];

fn check_names(named: &[String], wanted: Names<'_>, user: &str) -> Result<(), String> {
    let found = match wanted {
        Names::IfAny if named.is_empty() => true,
        Names::IfAny | Names::Required(None) => named.iter().any(|name| name == user),
        Names::Required(Some(wanted)) => wanted.iter().any(|name| named.contains(name)),
    };
    let whom = match wanted {
        Names::Required(Some(wanted)) => format!("any of {}", wanted.join(", ")),
        _ => user.to_owned(),
    };
    match named {
        _ if found => Ok(()),
        [] => Err("the certificate names nobody".to_owned()),
        named => Err(format!("the certificate does not name {whom}, but {}", named.join(", "))),
    }
}
