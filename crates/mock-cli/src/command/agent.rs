//! `mock-ssh agent`: an ssh-agent by itself, for a shell or for one command.
//!
//! The agent of whoever runs this is neither asked nor replaced: the command gets another `SSH_AUTH_SOCK`, and a shell
//! gets it from the lines that are printed.

use std::{io::IsTerminal as _, path::Path, sync::Arc};

use mock_agent::{
    Action, Asked, AskedToSign, Delay, GenerateError, Identity, KeyType, MockAgent, MockAgentBuilder, Policy,
    ShutdownError, ssh_key::HashAlg,
};
use mock_process::Client;
use serde_json::{Map, json};

use crate::{
    args::{AgentArgs, AgentPolicy, PubkeyType},
    command::serve,
    control::{Control, ControlledAgent, Endpoint},
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
    let lines = JsonLines::open(&args.output, args.json())?;
    let endpoint = Endpoint::open(args.control.as_deref()).await?;
    let identities = identities(args)?;
    let agent = Arc::new(start(args, identities.clone()).await?);
    announce(&agent, args, endpoint.as_ref().and_then(Endpoint::path).as_deref()).inspect_err(|_| {
        // There is something else to tell than what did not come.
        let _unmet = agent.verify();
    })?;
    let events = agent.events();
    let mut outputs = Outputs::new(events, crate::lab::AGENT);
    outputs.journal(lines);

    let target = ControlledAgent::new(&agent, identities, (args.policy, args.delay));
    let ran = if args.command.is_empty() {
        let mut control = Control::start(endpoint, target);
        let reason = control.or_signal(&mut signals, args.exit_with_parent).await;
        control.end().await;
        Ok((None, reason))
    } else {
        let socket = endpoint.as_ref().and_then(Endpoint::path);
        let control = Control::start_for_command(endpoint, target);
        let words: Vec<_> = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let (program, arguments) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let mut client = Client::new(program, arguments).environment(variables(&agent, socket.as_deref()));
        if args.json() || args.output.events_on_stdout() {
            client = client.stdout_on_stderr();
        }
        let ran = run::to_its_end(&client, words, &mut signals).await;
        control.end().await;
        ran.map(|(end, reason)| (Some(end), reason))
    };
    let agent = Arc::into_inner(agent).ok_or(Error::Busy)?;
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
    let last_line = outputs.last_line(&ending).filter(|_| args.json());
    let shown = outputs.end(last_line).await;
    conclude(verdict, command).and(shown)
}

fn identities(args: &AgentArgs) -> Result<Vec<Identity>, Error> {
    let mut identities = Vec::new();
    for path in &args.key {
        identities.extend(Identity::read(path)?);
    }
    for key_type in &args.generate {
        identities.push(generate(*key_type)?);
    }
    Ok(identities)
}

/// A new key of this type.
pub(crate) fn generate(key_type: PubkeyType) -> Result<Identity, GenerateError> {
    let (key_type, comment) = match key_type {
        PubkeyType::Ed25519 => (KeyType::Ed25519, "mock-ssh ed25519"),
        PubkeyType::Ecdsa => (KeyType::Ecdsa, "mock-ssh ecdsa"),
        PubkeyType::Rsa => (KeyType::Rsa, "mock-ssh rsa"),
    };
    Identity::generate(key_type, comment)
}

async fn start(args: &AgentArgs, identities: Vec<Identity>) -> Result<MockAgent, Error> {
    let mut builder = MockAgent::builder().identities(identities).name(crate::lab::AGENT);
    if let Some(path) = &args.socket {
        builder = builder.socket_path(path);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    builder = builder.policy(sign_policy(args.policy, args.delay));
    builder = args.fault.iter().cloned().fold(builder, MockAgentBuilder::fault);
    if args.confirm {
        builder = builder.confirm(|_| true);
    }
    for expected in &args.expect {
        builder = builder.verify_with(expected.clone());
    }
    Ok(builder.start().await?)
}

/// A policy of the library, from words. It is about signatures; everything else is answered.
pub(crate) fn sign_policy(policy: AgentPolicy, delay: Delay) -> impl Policy + 'static {
    move |asked: &Asked<'_>| match &asked.signing {
        Some(signing) => decide(policy, signing).after(delay),
        None => Action::answer(),
    }
}

/// What becomes of a signature.
fn decide(policy: AgentPolicy, signing: &AskedToSign<'_>) -> Action {
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

fn variables(agent: &MockAgent, control: Option<&Path>) -> Vec<(String, String)> {
    let mut variables = vec![
        ("SSH_AUTH_SOCK".to_owned(), agent.socket_path().display().to_string()),
        // So that `ssh-agent -k` ends it.
        ("SSH_AGENT_PID".to_owned(), std::process::id().to_string()),
    ];
    variables.extend(control.map(|path| ("MOCK_SSH_CONTROL".to_owned(), path.display().to_string())));
    variables
}

/// Tells a program or a shell where the agent is. A command is told by its environment.
fn announce(agent: &MockAgent, args: &AgentArgs, control: Option<&Path>) -> Result<(), Error> {
    if args.json() {
        let keys = agent.public_keys();
        let keys = keys.iter().map(|key| {
            let public_key = key.to_openssh().unwrap_or_default();
            let sha256 = key.fingerprint(HashAlg::Sha256).to_string();
            json!({ "public_key": public_key, "sha256": sha256 })
        });
        let mut ready = json!({
            "event": "ready",
            "version": env!("CARGO_PKG_VERSION"),
            "pid": std::process::id(),
            "socket": agent.socket_path(),
            "keys": keys.collect::<Vec<_>>(),
        });
        if let (Some(path), Some(fields)) = (control, ready.as_object_mut()) {
            fields.insert("control_socket".to_owned(), json!(path));
        }
        output::to_program(&format!("{ready}\n"));
    } else if args.command.is_empty() {
        let exports = variables(agent, control).into_iter();
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
