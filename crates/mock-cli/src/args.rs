//! The command line exactly as it is typed: names, defaults and help texts, nothing resolved.
//!
//! What single values may be is checked here, what they mean together by the commands. Help texts are for people who
//! look for a flag; the README tells the story.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args as ClapArgs, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};

/// A mock SSH server for tests in any language.
///
/// Starts a server on this machine with ready users, one for each authentication method, and prints what clients need
/// to log in. Everything that happens is logged. Nothing that a client sends runs on this machine unless
/// `--exec process` says so.
#[derive(Debug, Parser)]
#[command(name = "mock-ssh", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

impl Args {
    /// Refuses what single flags allow and together make no sense.
    ///
    /// # Errors
    ///
    /// A usage error that names the flags.
    pub(crate) fn checked(self) -> Result<Self, clap::Error> {
        let serve = self.command.as_ref().map_or(&self.serve, |Command::Serve(args)| args);
        if serve.output.env && serve.output.events_on_stdout() {
            let text = "the argument '--env' cannot be used with '--events -': both write to standard output";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        }
        Ok(self)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a server and serve until told to stop: what happens without a subcommand
    Serve(Box<ServeArgs>),
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_line_help = false)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) listen: ListenArgs,

    #[command(flatten)]
    pub(crate) users: UserArgs,

    #[command(flatten)]
    pub(crate) behaviour: BehaviourArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Server")]
pub(crate) struct ListenArgs {
    /// Listen on this address; one that is not a loopback address lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen_address: IpAddr,

    /// Listen on this port; 0 takes any free one [default: 2200, and 0 with --json or --env]
    #[arg(long, value_name = "PORT")]
    pub(crate) listen_port: Option<u16>,

    /// Have the host key in this file, in any form that OpenSSH writes; may be repeated
    /// [default: a temporary Ed25519 and a temporary ECDSA key]
    #[arg(long, value_name = "FILE")]
    pub(crate) host_key: Vec<PathBuf>,

    /// Be called this in events and in JSON
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = server_name)]
    pub(crate) name: String,

    /// Identify the server with this line, such as `SSH-2.0-OpenSSH_9.6`
    #[arg(long, value_name = "LINE")]
    pub(crate) version_string: Option<String>,

    /// Offer these algorithms
    #[arg(long, value_enum, default_value_t = AlgorithmSet::Compatible)]
    pub(crate) algorithms: AlgorithmSet,

    /// Serve this many connections at once [default: 10000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_connections: Option<u32>,

    /// Stop when the process that started this one ends
    #[arg(long)]
    pub(crate) exit_with_parent: bool,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Users (an empty name leaves one out)")]
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

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct BehaviourArgs {
    /// What becomes of commands and shells
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ExecMode::Echo)]
    pub(crate) exec: ExecMode,

    /// Send this text before authentication
    #[arg(long, value_name = "TEXT")]
    pub(crate) banner: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print JSON only, a line once the server accepts connections and one when it has stopped; texts for people go
    /// to standard error
    #[arg(long)]
    pub(crate) json: bool,

    /// Write every event to this file as JSON Lines; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,

    /// Print variables for a shell, then nothing more: eval "$(mock-ssh serve --env &)"
    #[arg(long, conflicts_with = "json")]
    pub(crate) env: bool,

    /// Show passwords and answers of clients in events
    #[arg(long)]
    pub(crate) reveal_secrets: bool,

    /// Colour texts for people; `auto` does on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AlgorithmSet {
    /// What current OpenSSH prefers
    Modern,
    /// What clients of the last ten years can do
    Compatible,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PubkeyType {
    Ed25519,
    /// On NIST P-256
    Ecdsa,
    /// Of 2048 bits
    Rsa,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecMode {
    /// Answer `REMOTE_OK:` and what was sent
    Echo,
    /// Run commands and login shells on this machine, as the user who started the server
    Process,
    /// Refuse both
    Deny,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl ServeArgs {
    /// Programs read the port from what is printed, people know 2200.
    pub(crate) fn port(&self) -> u16 {
        let for_a_program = self.output.json || self.output.env;
        self.listen.listen_port.unwrap_or(if for_a_program { 0 } else { 2200 })
    }
}

impl OutputArgs {
    pub(crate) fn events_on_stdout(&self) -> bool {
        self.events.as_deref().is_some_and(|path| path == "-")
    }
}

/// Names stand in command lines, in file names and in an OpenSSH configuration: as they are, without quotes.
fn user_name(name: &str) -> Result<String, String> {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_.+".contains(char);
    if name.starts_with(['-', '.']) || !name.chars().all(plain) {
        return Err("use letters, digits, `-`, `_`, `.` and `+`, and begin with neither `-` nor `.`".into());
    }
    Ok(name.to_owned())
}

fn server_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("use printable characters, at least one".into());
    }
    if name == crate::lab::AGENT {
        return Err("events of the agent have this name".into());
    }
    Ok(name.to_owned())
}
