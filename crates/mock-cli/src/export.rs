//! What `--env` prints: variables as a POSIX shell reads them, for `eval`.

use std::{collections::HashSet, fmt::Write as _};

use crate::{
    credentials::{Login, Round},
    lab::Lab,
};

/// One `export` for each variable.
pub(crate) fn script(lab: &Lab) -> String {
    let mut script = String::new();
    for (name, value) in variables(lab) {
        let _infallible = writeln!(script, "export {name}={}", quoted(&value));
    }
    script
}

/// What clients, and those who stop the server, need to know.
pub(crate) fn variables(lab: &Lab) -> Vec<(String, String)> {
    let kit = lab.kit.environment().into_iter();
    let mut variables: Vec<_> = kit.map(|(name, value)| (name.to_owned(), value)).collect();
    variables.push(("MOCK_SSH_PID".into(), std::process::id().to_string()));
    if let Some(socket) = &lab.control {
        variables.push(("MOCK_SSH_CONTROL".into(), socket.display().to_string()));
    }
    for account in &lab.accounts {
        match &account.login {
            Login::None | Login::OwnKey => {}
            Login::Password(password) => variables.push(("MOCK_SSH_PASSWORD".into(), password.clone())),
            Login::PublicKey(_) => {
                let file = lab.kit.identity_file(&account.name).unwrap_or(lab.kit.directory());
                variables.push(("MOCK_SSH_IDENTITY_FILE".into(), file.display().to_string()));
            }
            Login::KeyboardInteractive(rounds) => variables.extend(answers(rounds)),
        }
    }
    // Of several users with a password, the first has the variable.
    let mut named = HashSet::new();
    variables.retain(|(name, _)| named.insert(name.clone()));
    variables
}

/// `MOCK_SSH_KBDINT_OTP_TOKEN`, `MOCK_SSH_KBDINT_ITER_PASSWORD`.
fn answers(rounds: &[Round]) -> impl Iterator<Item = (String, String)> {
    let user = if rounds.len() == 1 { "KBDINT" } else { "KBDINT_ITER" };
    // A one-time code is another each time.
    let prompts =
        rounds.iter().flat_map(|round| &round.prompts).filter(|prompt| prompt.one_time_code.is_none());
    prompts.map(move |prompt| {
        let label = prompt.label.trim_end_matches([':', ' ']);
        let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
        let label: String = label.to_uppercase().chars().map(plain).collect();
        (format!("MOCK_SSH_{user}_{label}"), prompt.answer.clone())
    })
}

/// Within single quotes a shell reads everything as it is, but for the quote.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A word of a command line, quoted only where it has to be.
pub(crate) fn word(value: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/-_.=+:@".contains(char);
    if value.chars().all(plain) { value.to_owned() } else { quoted(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_value_as_it_is() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(word("/tmp/mock-ssh-x/config"), "/tmp/mock-ssh-x/config");
        assert_eq!(word("/a b"), "'/a b'");
    }
}
