//! Forced commands: what runs in place of what a client asked for, and with which request it does.
//!
//! The engine answers and records what the client asked for; only the program sees another request. So the journal
//! shows both, and no other part of the server needs to know.

use std::sync::Arc;

use mock_base::Data;

use crate::{
    CommandForced, Launch, Permissions, Program, Request, Run, Session, Start, Wanted, handler::LaunchAnswer,
};

/// The request as the login's permissions have it: with their environment, and with the forced command if there is one.
pub(crate) fn held_to(permissions: &Permissions, request: &Request) -> Request {
    let mut held = request.clone();
    let set = permissions.environment().map(|(name, value)| (name.to_owned(), value.to_owned()));
    held.env.extend(set);
    if let Some(command) = permissions.forced_command() {
        if let Some(original) = original(&request.wanted) {
            held.env.push(("SSH_ORIGINAL_COMMAND".to_owned(), original.to_text().into_owned()));
        }
        held.wanted = match command.split_whitespace().next() {
            Some("internal-sftp") => Wanted::Subsystem("sftp".to_owned()),
            _ => Wanted::Exec(command.to_owned().into()),
        };
    }
    held
}

/// What the journal says of it.
pub(crate) fn record(command: &str, request: &Request) -> CommandForced {
    CommandForced { command: command.to_owned(), original: original(&request.wanted) }
}

/// What the client asked for, as sshd(8) passes it on: nothing for a shell.
fn original(wanted: &Wanted) -> Option<Data> {
    match wanted {
        Wanted::Exec(command) => Some(Data::from(command.clone())),
        Wanted::Subsystem(name) => Some(Data::from(name.clone())),
        Wanted::Shell => None,
    }
}

/// The same, with a program that sees the request as `held`.
pub(crate) fn run_with(held: Request, mut launch: Launch) -> Launch {
    if let LaunchAnswer::Run(program) = launch.answer {
        launch.answer = LaunchAnswer::Run(Arc::new(Held { program, request: held }));
    }
    launch
}

/// A program that sees another request than the engine made.
struct Held {
    program: Arc<dyn Program>,
    request: Request,
}

impl Program for Held {
    fn start(&self, start: Start) -> Run {
        let mut parts = start.session.split();
        let mut request = self.request.clone();
        // These are known only once a rule has answered.
        request.call = parts.request.call;
        request.captures.clone_from(&parts.request.captures);
        parts.request = Arc::new(request);
        self.program.start(Start { session: Session::new(parts) })
    }
}
