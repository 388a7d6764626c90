//! The kinds of request, and what they are called in text and in JSON.

/// The kinds of request that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// A list of identities: `request_identities`.
    RequestIdentities,
    /// A signature: `sign`.
    Sign,
    /// A key to keep: `add_identity`.
    AddIdentity,
    /// A key to forget: `remove_identity`.
    RemoveIdentity,
    /// All keys to forget: `remove_all_identities`.
    RemoveAllIdentities,
    /// All keys of SSH 1 to forget: `remove_all_rsa_identities`.
    RemoveAllRsaIdentities,
    /// The keys of a smart card to use: `add_smartcard`.
    AddSmartcard,
    /// The keys of a smart card to forget: `remove_smartcard`.
    RemoveSmartcard,
    /// To be locked: `lock`.
    Lock,
    /// To be unlocked: `unlock`.
    Unlock,
    /// The extensions that are known: `query`.
    Query,
    /// `session-bind@openssh.com`: `session_bind`.
    SessionBind,
    /// Everything else: `unsupported`.
    Unsupported,
}

impl Operation {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::RequestIdentities,
        Self::Sign,
        Self::AddIdentity,
        Self::RemoveIdentity,
        Self::RemoveAllIdentities,
        Self::RemoveAllRsaIdentities,
        Self::AddSmartcard,
        Self::RemoveSmartcard,
        Self::Lock,
        Self::Unlock,
        Self::Query,
        Self::SessionBind,
        Self::Unsupported,
    ];

    /// The name in text and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestIdentities => "request_identities",
            Self::Sign => "sign",
            Self::AddIdentity => "add_identity",
            Self::RemoveIdentity => "remove_identity",
            Self::RemoveAllIdentities => "remove_all_identities",
            Self::RemoveAllRsaIdentities => "remove_all_rsa_identities",
            Self::AddSmartcard => "add_smartcard",
            Self::RemoveSmartcard => "remove_smartcard",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Query => "query",
            Self::SessionBind => "session_bind",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether it is an extension, which fails with a message of its own (RFC 9987 section 3.8).
    pub(crate) fn is_extension(self) -> bool {
        matches!(self, Self::Query | Self::SessionBind)
    }
}
