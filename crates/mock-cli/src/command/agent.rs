//! `mock-ssh agent`: an ssh-agent by itself, for a shell or for one command.
//!
//! The agent of whoever runs this is neither asked nor replaced: the command gets another `SSH_AUTH_SOCK`, and a shell
//! gets it from the lines that are printed.

use std::{io::IsTerminal as _, path::Path};

use mock_agent::{Action, Asked, Identity, KeyType, MockAgent, ShutdownError, ssh_key::HashAlg};
use mock_process::Client;
use serde_json::{Map, json};

use crate::{
    args::{AgentArgs, AgentPolicy, PubkeyType},
    command::serve,
    error::Error,
    export, output,
    outputs::{Ending, JsonLines, Outputs},
    run,
    signals::{self, Signals},
    verdict::Verdict,
};

pub(crate) fn run(args: &AgentArgs) -> Result<(), Error> {
    serve::in_runtime(agent(args))
}

async fn agent(args: &AgentArgs) -> Result<(), Error> {
    let mut signals = Signals::receive(args.exit_with_parent).map_err(Error::Signals)?;
    let lines = JsonLines::open(&args.output, args.output.json)?;
    let agent = start(args).await?;
    announce(&agent, args)?;
    let events = agent.events();
    let mut outputs = Outputs::new(events, crate::lab::AGENT);
    outputs.journal(lines);

    let ran = if args.command.is_empty() {
        Ok((None, signals.next().await))
    } else {
        let words: Vec<_> = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let mut client = Client::new(program, arguments).environment(variables(agent.socket_path()));
        if args.output.json || args.output.events_on_stdout() {
            client = client.stdout_on_stderr();
        }
        run::to_its_end(&client, words, &mut signals).await.map(|(end, reason)| (Some(end), reason))
    };
    let checked = agent.expectations().len();
    let unmet = match agent.shutdown().await {
        Err(ShutdownError::Unmet(report)) => Some(Box::new(report)),
        _ => None,
    };
    let verdict = Verdict { checked, unmet };
    let (command, reason) = match ran {
        Ok(ran) => ran,
        Err(error) => {
            outputs.end(None).await?;
            return Err(error);
        }
    };
    let told = command.as_ref().map_or_else(Map::new, run::CommandEnd::to_json);
    let ending = Ending { reason, verdict: Some(&verdict), command: told };
    let last_line = outputs.last_line(&ending).filter(|_| args.output.json);
    let shown = outputs.end(last_line).await;
    conclude(verdict, command).and(shown)
}

async fn start(args: &AgentArgs) -> Result<MockAgent, Error> {
    let mut identities = Vec::new();
    for path in &args.key {
        identities.extend(Identity::read(path)?);
    }
    for key_type in &args.generate {
        let (key_type, comment) = match key_type {
            PubkeyType::Ed25519 => (KeyType::Ed25519, "mock-ssh ed25519"),
            PubkeyType::Ecdsa => (KeyType::Ecdsa, "mock-ssh ecdsa"),
            PubkeyType::Rsa => (KeyType::Rsa, "mock-ssh rsa"),
        };
        identities.push(Identity::generate(key_type, comment)?);
    }
    let mut builder = MockAgent::builder().identities(identities).name(crate::lab::AGENT);
    if let Some(path) = &args.socket {
        builder = builder.socket_path(path);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    let (policy, delay) = (args.policy, args.delay);
    builder = builder.policy(move |asked: &Asked<'_>| decide(policy, asked).after(delay));
    if args.confirm {
        builder = builder.confirm(|_| true);
    }
    for expected in &args.expect {
        builder = builder.verify_with(expected.clone());
    }
    Ok(builder.start().await?)
}

/// What becomes of a request. A policy is about signatures; everything else is answered.
fn decide(policy: AgentPolicy, asked: &Asked<'_>) -> Action {
    let Some(signing) = asked.signing else {
        return Action::answer();
    };
    match policy {
        AgentPolicy::Allow => Action::answer(),
        AgentPolicy::Refuse => Action::refuse(),
        AgentPolicy::RefuseAfter(count) => (signing.number <= count).into(),
        AgentPolicy::Close => Action::close(),
        AgentPolicy::Truncate => Action::truncate(),
        AgentPolicy::WrongLength => Action::wrong_length(),
        AgentPolicy::Garbage => Action::garbage(),
        AgentPolicy::WrongSignature => Action::wrong_signature(),
    }
}

fn variables(socket: &Path) -> Vec<(String, String)> {
    vec![
        ("SSH_AUTH_SOCK".to_owned(), socket.display().to_string()),
        // So that `ssh-agent -k` ends it.
        ("SSH_AGENT_PID".to_owned(), std::process::id().to_string()),
    ]
}

/// Tells a program or a shell where the agent is. A command is told by its environment.
fn announce(agent: &MockAgent, args: &AgentArgs) -> Result<(), Error> {
    if args.output.json {
        let keys = agent.public_keys();
        let keys = keys.iter().map(|key| {
            let public_key = key.to_openssh().unwrap_or_default();
            let sha256 = key.fingerprint(HashAlg::Sha256).to_string();
            json!({ "public_key": public_key, "sha256": sha256 })
        });
        let ready = json!({
            "event": "ready",
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "socket": agent.socket_path(),
            "keys": keys.collect::<Vec<_>>(),
        });
        output::to_program(&format!("{ready}\n"));
    } else if args.command.is_empty() {
        let exports = variables(agent.socket_path()).into_iter();
        let exports = exports.map(|(name, value)| format!("export {name}={}\n", export::word(&value)));
        output::to_program(&exports.collect::<String>());
        if !std::io::stdout().is_terminal() && !args.output.events_on_stdout() {
            // For `eval "$(mock-ssh agent &)"`, which reads to the end.
            output::close_stdout().map_err(Error::Detach)?;
            signals::leave_foreground();
        }
    }
    Ok(())
}

/// What is unmet counts more than how the command ended.
fn conclude(verdict: Verdict, command: Option<run::CommandEnd>) -> Result<(), Error> {
    let failed = command.filter(|command| !command.succeeded());
    match (verdict.unmet, failed) {
        (Some(report), command) => Err(Error::Unmet { report, command }),
        (None, Some(command)) => Err(Error::CommandFailed(command)),
        (None, None) => Ok(()),
    }
}
