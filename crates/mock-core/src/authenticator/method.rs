//! Authentication methods and lists of them (RFC 4252 section 5).

use std::fmt;

/// An authentication method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Method {
    /// `none` (RFC 4252 section 5.2).
    None,
    /// `password` (RFC 4252 section 8).
    Password,
    /// `publickey` (RFC 4252 section 7).
    PublicKey,
    /// `keyboard-interactive` (RFC 4256).
    KeyboardInteractive,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password => "password",
            Self::PublicKey => "publickey",
            Self::KeyboardInteractive => "keyboard-interactive",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The methods that a client may go on with, in the order in which it is told. No method is in it twice, and
/// `none` is never in it.
///
/// ```
/// use mock_core::{Method, Methods};
///
/// let methods: Methods = [Method::PublicKey, Method::Password, Method::PublicKey].into();
/// assert_eq!(methods.to_string(), "publickey,password");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl Methods {
    /// No method at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Whether it is among them.
    #[must_use]
    pub fn contains(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// The methods in order.
    pub fn iter(&self) -> impl Iterator<Item = Method> {
        self.0.iter().copied()
    }
}

impl FromIterator<Method> for Methods {
    fn from_iter<I: IntoIterator<Item = Method>>(methods: I) -> Self {
        let mut list = Vec::new();
        for method in methods {
            if method != Method::None && !list.contains(&method) {
                list.push(method);
            }
        }
        Self(list)
    }
}

impl<const N: usize> From<[Method; N]> for Methods {
    fn from(methods: [Method; N]) -> Self {
        methods.into_iter().collect()
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Method::name).collect();
        f.write_str(&names.join(","))
    }
}
