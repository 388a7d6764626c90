//! Placeholders in the command that `verify` runs: `{port}`, `{config}`, `{identity:anna}`.
//!
//! A word in braces is one, so that a misspelt one is an error before anything starts. Every other brace stays as it is,
//! because commands are full of them: JSON, awk, `${HOME}` of a shell, `{}` of find.

use std::path::Path;

use crate::{
    credentials::{Account, Login},
    lab::Lab,
};

/// What there is to know about the command of `verify`.
pub(crate) const HELP: &str = "\
Placeholders in the command and its arguments:
  {host} {port}        where the server listens
  {config}             a configuration for `ssh -F`, with a host of the name of each user
  {known_hosts}        its host keys
  {identity}           the key file of the user who has one; {identity:NAME} of this user
  {password}           of the user who has one; {password:NAME} of this user
  {agent}              the socket of the agent
  {directory}          where all these files are
  {control}            the socket of --control
Other braces stay as they are, and so does `${word}`; `{{port}}` is `{port}`.

The command has the variables that `serve --env` prints in its environment.

Exit status: 0 when the command succeeded and everything expected came, 1 when
something did not, 5 when only the command failed, 6 when it could not be
started, and those of `serve`.";

/// All there are; those with a user may be followed by `:` and a name.
const NAMES: [(&str, Placeholder); 9] = [
    ("host", Placeholder::Host),
    ("port", Placeholder::Port),
    ("config", Placeholder::Config),
    ("known_hosts", Placeholder::KnownHosts),
    ("identity", Placeholder::Identity(None)),
    ("password", Placeholder::Password(None)),
    ("agent", Placeholder::Agent),
    ("directory", Placeholder::Directory),
    ("control", Placeholder::Control),
];

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(Placeholder),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Placeholder {
    Host,
    Port,
    Config,
    KnownHosts,
    /// Of this user, or of the first who has one.
    Identity(Option<String>),
    Password(Option<String>),
    Agent,
    Directory,
    Control,
}

/// What is wrong with a placeholder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceholderError {
    #[error("`{{{name}}}` is no placeholder; there are {}", known())]
    Unknown { name: String },
    #[error("`{{{name}}}` takes no user")]
    NoUserHere { name: String },
    #[error("there is no {0}")]
    Missing(String),
}

impl PlaceholderError {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => Some("write `{{word}}` for a word in braces that is none"),
            Self::NoUserHere { .. } | Self::Missing(_) => None,
        }
    }
}

fn known() -> String {
    NAMES.map(|(name, _)| format!("{{{name}}}")).join(", ")
}

impl Template {
    /// Finds the placeholders.
    pub(crate) fn parse(text: &str) -> Result<Self, PlaceholderError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            let escaped = behind.strip_prefix('{').and_then(|behind| {
                let (word, behind) = word(behind)?;
                Some((word, behind.strip_prefix('}')?))
            });
            if let Some((word, behind)) = escaped {
                plain.extend(["{", word, "}"]);
                rest = behind;
            } else if let Some((word, behind)) = word(behind).filter(|_| !plain.ends_with(['$', '{'])) {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Placeholder(Placeholder::named(word)?));
                rest = behind;
            } else {
                plain.push('{');
                rest = behind;
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }

    /// The text for this server.
    pub(crate) fn fill(&self, lab: &Lab) -> Result<String, PlaceholderError> {
        self.0.iter().map(|part| part.fill(lab)).collect()
    }
}

/// The word before the next closing brace, and what is behind that: lower-case letters and `_`, then perhaps `:` and a
/// user.
fn word(text: &str) -> Option<(&str, &str)> {
    let (word, behind) = text.split_once('}')?;
    let (name, user) = word.split_once(':').unwrap_or((word, "-"));
    let is_name = name.starts_with(|char: char| char.is_ascii_lowercase())
        && name.chars().all(|char| char.is_ascii_lowercase() || char == '_');
    let is_user = user.chars().all(|char| char.is_alphanumeric() || "-_.+".contains(char));
    (is_name && is_user && !user.is_empty()).then_some((word, behind))
}

impl Placeholder {
    fn named(word: &str) -> Result<Self, PlaceholderError> {
        let (name, user) = match word.split_once(':') {
            Some((name, user)) => (name, Some(user.to_owned())),
            None => (word, None),
        };
        let known = NAMES.into_iter().find(|(known, _)| *known == name);
        match (known, user) {
            (None, _) => Err(PlaceholderError::Unknown { name: name.to_owned() }),
            (Some((_, Self::Identity(_))), user) => Ok(Self::Identity(user)),
            (Some((_, Self::Password(_))), user) => Ok(Self::Password(user)),
            (Some((_, placeholder)), None) => Ok(placeholder),
            (Some((name, _)), Some(_)) => Err(PlaceholderError::NoUserHere { name: name.to_owned() }),
        }
    }
}

impl Part {
    fn fill(&self, lab: &Lab) -> Result<String, PlaceholderError> {
        let placeholder = match self {
            Self::Text(text) => return Ok(text.clone()),
            Self::Placeholder(placeholder) => placeholder,
        };
        let shown = |path: &Path| path.display().to_string();
        let missing = |what: &str| PlaceholderError::Missing(what.to_owned());
        match placeholder {
            Placeholder::Host => Ok(lab.host()),
            Placeholder::Port => Ok(lab.server.port().to_string()),
            Placeholder::Config => Ok(shown(&lab.kit.config_file())),
            Placeholder::KnownHosts => Ok(shown(&lab.kit.known_hosts_file())),
            Placeholder::Directory => Ok(shown(lab.kit.directory())),
            Placeholder::Agent => lab.agent_socket().map(shown).ok_or_else(|| missing("agent")),
            Placeholder::Control => lab.control.as_deref().map(shown).ok_or_else(|| missing("--control")),
            Placeholder::Identity(user) => of_user(&lab.accounts, user.as_deref(), "key file", |account| {
                lab.kit.identity_file(&account.name).map(shown)
            }),
            Placeholder::Password(user) => {
                of_user(&lab.accounts, user.as_deref(), "password", |account| match &account.login {
                    Login::Password(password) => Some(password.clone()),
                    _ => None,
                })
            }
        }
    }
}

/// What this user has, or the first who has it.
fn of_user(
    accounts: &[Account],
    user: Option<&str>,
    what: &str,
    read: impl Fn(&Account) -> Option<String>,
) -> Result<String, PlaceholderError> {
    let mut meant = accounts.iter().filter(|account| user.is_none_or(|user| account.name == user));
    meant.find_map(read).ok_or_else(|| {
        PlaceholderError::Missing(match user {
            Some(user) => format!("{what} of a user `{user}`"),
            None => format!("user with a {what}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<Part> {
        Template::parse(text).unwrap().0
    }

    #[test]
    fn a_word_in_braces_is_a_placeholder_and_every_other_brace_is_itself() {
        assert_eq!(
            parsed("-p{port}:{identity:anna}"),
            [
                Part::Text("-p".into()),
                Part::Placeholder(Placeholder::Port),
                Part::Text(":".into()),
                Part::Placeholder(Placeholder::Identity(Some("anna".into()))),
            ]
        );
        for text in [
            "{}",
            "{",
            "}",
            "a{b",
            "${port}",
            r#"{"a": {"b": 1}}"#,
            "{a,b}",
            "{ print $1 }",
            "{{.Names}}",
            "",
        ] {
            let expected: Vec<_> = [text]
                .into_iter()
                .filter(|text| !text.is_empty())
                .map(|text| Part::Text(text.into()))
                .collect();
            assert_eq!(parsed(text), expected, "{text}");
        }
        assert_eq!(parsed("{{port}} {{nothing}}"), [Part::Text("{port} {nothing}".into())]);
    }

    #[test]
    fn a_misspelt_placeholder_is_an_error_that_names_those_there_are() {
        let error = Template::parse("{prot}").unwrap_err().to_string();
        assert_eq!(
            error,
            "`{prot}` is no placeholder; there are {host}, {port}, {config}, {known_hosts}, {identity}, {password}, \
             {agent}, {directory}, {control}"
        );
        assert_eq!(Template::parse("{port:anna}").unwrap_err().to_string(), "`{port}` takes no user");
    }
}
