//! The users of a server and what each logs in with: made at random, used once.
//!
//! Plain data. The server's strategy, the table, the variables and the JSON are all made from it, so they agree.

use std::borrow::Cow;

use mock_agent::{Identity, KeyType};
use mock_auth::{KbdintRound, User, Users};
use mock_core::Method;
use rand::seq::IndexedRandom as _;
use serde::Serialize;

use crate::{
    args::{PubkeyType, UserArgs},
    error::Error,
};

const SECRET_LENGTH: usize = 16;

/// Without those that look like another one: people type secrets from a screen.
const LETTERS_AND_DIGITS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";

/// A user with a method. One with several is there once for each.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) login: Login,
}

/// How a user logs in.
#[derive(Debug)]
pub(crate) enum Login {
    None,
    Password(String),
    PublicKey(Box<Identity>),
    /// With a key that only the client has.
    OwnKey,
    KeyboardInteractive(Vec<Round>),
}

/// What is asked at once (RFC 4256 section 3.2).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    pub(crate) name: Cow<'static, str>,
    pub(crate) instructions: Cow<'static, str>,
    pub(crate) prompts: Vec<Prompt>,
}

/// A question with its answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Prompt {
    pub(crate) label: Cow<'static, str>,
    pub(crate) echo: bool,
    /// Empty for a one-time code.
    pub(crate) answer: String,
    /// The secret of which the right one-time code is made, in base 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) one_time_code: Option<String>,
}

/// The users that the arguments name, each with a new secret.
pub(crate) fn create(args: &UserArgs) -> Result<Vec<Account>, Error> {
    refuse_same_names(args)?;
    let identity = |user: &str| Identity::generate(key_type(args.pubkey_type), user);
    let logins = [
        (&args.none_user, Login::None),
        (&args.password_user, Login::Password(secret())),
        (&args.pubkey_user, Login::PublicKey(identity(&args.pubkey_user)?.into())),
        (&args.kbdint_user, Login::KeyboardInteractive(one_round())),
        (&args.kbdint_iter_user, Login::KeyboardInteractive(two_rounds())),
    ];
    let accounts = logins.into_iter().filter(|(name, _)| !name.is_empty());
    Ok(accounts.map(|(name, login)| Account { name: name.clone(), login }).collect())
}

/// What lets exactly these users in.
pub(crate) fn authenticator(accounts: &[Account]) -> Users {
    Users::new(accounts.iter().map(|account| {
        let user = User::named(&account.name);
        match &account.login {
            Login::None => user.none(),
            Login::Password(password) => user.password(password),
            Login::PublicKey(identity) => user.public_key(identity.public_key()),
            Login::OwnKey => user,
            Login::KeyboardInteractive(rounds) => user.keyboard_interactive(rounds.iter().map(Round::to_ask)),
        }
    }))
}

/// Each user with all ways in, in the order of the first.
pub(crate) fn by_user(accounts: &[Account]) -> Vec<(&str, Vec<&Login>)> {
    let mut users: Vec<(&str, Vec<&Login>)> = Vec::new();
    for Account { name, login } in accounts {
        match users.iter_mut().find(|(user, _)| user == name) {
            Some((_, ways)) => ways.push(login),
            None => users.push((name, vec![login])),
        }
    }
    users
}

impl Login {
    /// What an agent is given: with a certificate the key by itself as well, as `ssh-add` does.
    pub(crate) fn identities(&self) -> Vec<Identity> {
        let Self::PublicKey(identity) = self else {
            return Vec::new();
        };
        let plain = Identity::new(identity.key().clone(), identity.comment());
        let certified = identity.certificate().map(|_| (**identity).clone());
        std::iter::once(plain).chain(certified).collect()
    }

    /// The method by its name on the wire.
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::None => Method::None,
            Self::Password(_) => Method::Password,
            Self::PublicKey(_) | Self::OwnKey => Method::PublicKey,
            Self::KeyboardInteractive(_) => Method::KeyboardInteractive,
        }
    }
}

impl Round {
    pub(crate) fn to_ask(&self) -> KbdintRound {
        let round = KbdintRound::default().name(&*self.name).instructions(&*self.instructions);
        self.prompts
            .iter()
            .fold(round, |round, prompt| round.prompt(&*prompt.label, prompt.echo, &prompt.answer))
    }
}

fn refuse_same_names(args: &UserArgs) -> Result<(), Error> {
    let names = [
        ("--none-user", &args.none_user),
        ("--password-user", &args.password_user),
        ("--pubkey-user", &args.pubkey_user),
        ("--kbdint-user", &args.kbdint_user),
        ("--kbdint-iter-user", &args.kbdint_iter_user),
    ];
    for (index, (second, name)) in names.iter().enumerate() {
        let before = names.iter().take(index);
        if let Some((first, _)) = before.clone().find(|(_, other)| other == name && !name.is_empty()) {
            return Err(Error::SameUser { first, second, name: (*name).clone() });
        }
    }
    Ok(())
}

fn key_type(wanted: PubkeyType) -> KeyType {
    match wanted {
        PubkeyType::Ed25519 => KeyType::Ed25519,
        PubkeyType::Ecdsa => KeyType::Ecdsa,
        PubkeyType::Rsa => KeyType::Rsa,
    }
}

fn one_round() -> Vec<Round> {
    vec![round("Two-Factor Authentication", "Enter your token and your password.", vec![token(), password()])]
}

fn two_rounds() -> Vec<Round> {
    vec![
        round("Step 1 of 2", "Enter your token.", vec![token()]),
        round("Step 2 of 2", "Enter your password.", vec![password()]),
    ]
}

fn round(name: &'static str, instructions: &'static str, prompts: Vec<Prompt>) -> Round {
    Round { name: name.into(), instructions: instructions.into(), prompts }
}

fn token() -> Prompt {
    Prompt { label: "OTP Token: ".into(), echo: true, answer: secret(), one_time_code: None }
}

fn password() -> Prompt {
    Prompt { label: "Password: ".into(), echo: false, answer: secret(), one_time_code: None }
}

fn secret() -> String {
    let mut rng = rand::rng();
    let chars = (0..SECRET_LENGTH).filter_map(|_| LETTERS_AND_DIGITS.choose(&mut rng));
    chars.map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_can_be_typed_and_differ() {
        let (one, other) = (secret(), secret());
        assert_eq!(one.len(), SECRET_LENGTH);
        assert!(one.bytes().all(|byte| LETTERS_AND_DIGITS.contains(&byte)));
        assert_ne!(one, other);
    }
}
