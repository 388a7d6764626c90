//! What nearly was an event of another kind: a login that was rejected, a command that was typed into a shell.
//!
//! For reports: who waits for a login and gets none wants to see the attempt, and why it was turned down.

use super::{
    AuthAccepted, AuthAttempt, AuthOutcome, ChannelOpened, Connected, Exec, KeyOffered, Kind, Payload,
    ShellLine,
};

impl Kind {
    /// The event of the `wanted` kind that this would have been, and why it is not.
    pub(crate) fn nearly(&self, wanted: &str) -> Option<(Self, String)> {
        match self {
            Self::AuthAttempt(attempt) if wanted == AuthAccepted::NAME => login(attempt),
            Self::KeyOffered(offer) if wanted == AuthAccepted::NAME => not_welcome(offer),
            Self::ChannelRefused(refused) if wanted == ChannelOpened::NAME => Some((
                ChannelOpened::new(refused.kind.clone()).into(),
                format!("it was refused{}", because(&refused.reason)),
            )),
            Self::Refused(refused) if wanted == Connected::NAME => Some((
                Connected::new(refused.peer.clone()).into(),
                format!("it was closed at once{}", because(&refused.why)),
            )),
            Self::ShellLine(line) if wanted == Exec::NAME => Some((
                Exec::new(line.line.clone(), true, line.rule.clone()).into(),
                "it was entered in a shell, not requested as a command".to_owned(),
            )),
            Self::Exec(exec) if wanted == ShellLine::NAME => Some((
                ShellLine::new(exec.command.clone()).into(),
                "it was requested as a command, not entered in a shell".to_owned(),
            )),
            _ => None,
        }
    }
}

fn login(attempt: &AuthAttempt) -> Option<(Kind, String)> {
    let why = because(&attempt.why);
    let difference = match attempt.outcome {
        AuthOutcome::Accepted | AuthOutcome::Prompted => return None,
        AuthOutcome::Rejected => format!("it was rejected{why}"),
        AuthOutcome::Disconnected => format!("it was rejected{why}, and the connection ended"),
        AuthOutcome::Partial if attempt.methods_left.is_empty() => format!("more was asked for{why}"),
        AuthOutcome::Partial => format!("more was asked for: {}{why}", attempt.methods_left.join(" or ")),
    };
    let login = AuthAccepted::new(attempt.user.clone(), attempt.method.clone(), attempt.number);
    Some((login.into(), difference))
}

fn not_welcome(offer: &KeyOffered) -> Option<(Kind, String)> {
    if offer.welcome {
        return None;
    }
    let login = AuthAccepted::new(offer.user.clone(), "publickey", 0u32);
    Some((login.into(), format!("the key was not welcome{}", because(&offer.why))))
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}
