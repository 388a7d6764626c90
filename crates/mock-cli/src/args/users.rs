//! Flags for who can log in where no scenario says it.

use clap::{Args as ClapArgs, ValueEnum};

use super::user_name;

#[derive(Debug, Clone, ClapArgs)]
#[command(
    next_help_heading = "Users (an empty name leaves one out; a scenario that has users has all of them)"
)]
pub(crate) struct UserArgs {
    /// User who logs in with nothing
    #[arg(long, value_name = "NAME", default_value = "none", value_parser = user_name)]
    pub(crate) none_user: String,

    /// User who logs in with a password
    #[arg(long, value_name = "NAME", default_value = "password", value_parser = user_name)]
    pub(crate) password_user: String,

    /// User who logs in with a key, from a file or from the agent
    #[arg(long, value_name = "NAME", default_value = "pubkey", value_parser = user_name)]
    pub(crate) pubkey_user: String,

    /// User who is asked for a token and a password at once
    #[arg(long, value_name = "NAME", default_value = "kbdint", value_parser = user_name)]
    pub(crate) kbdint_user: String,

    /// User who is asked for a token and then for a password
    #[arg(long, value_name = "NAME", default_value = "kbdint-iter", value_parser = user_name)]
    pub(crate) kbdint_iter_user: String,

    /// Type of the key of the user who has one
    #[arg(long, value_enum, value_name = "TYPE", default_value_t = PubkeyType::Ed25519)]
    pub(crate) pubkey_type: PubkeyType,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PubkeyType {
    Ed25519,
    /// On NIST P-256
    Ecdsa,
    /// Of 2048 bits
    Rsa,
}
