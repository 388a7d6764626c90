#![doc = include_str!("../README.md")]

mod accept;
mod algorithms;
mod authenticator;
mod builder;
mod client_kit;
mod composed;
mod config;
mod connect;
mod connection;
mod engine;
mod error;
mod exec;
pub mod fault;
mod forced;
mod forward;
mod handler;
mod host_key;
mod lifecycle;
mod pace;
mod profile;
mod program;
mod request;
mod runtime;
mod server;
mod session;
mod shell;
mod transport;
mod upkeep;
mod verify;

pub use algorithms::{Algorithms, UnknownAlgorithm};
pub use authenticator::{
    Answer, Attempt, Authenticator, CommandForced, Credential, DisconnectReason, Endpoint, EndpointError,
    FirstOf, ForcedCommandsDiffer, KbdintStarted, LoginContext, LoginRestricted, LoginState, Memory,
    MemoryKey, Method, Methods, Permissions, Privilege, Prompt, PromptAnswered, Round, Verdict,
};
pub use builder::Builder;
pub use client_kit::{ClientKit, KitBuilder, KitError, KitUser};
pub use composed::Composed;
pub use connect::{BoxFuture, Connect, ForwardRequest};
pub use connection::Connection;
pub use error::{OpenError, ShutdownError, StartError};
pub use exec::{
    And, Exec, IndexKey, Match, MatchCommand, Not, Or, Reply, Respond, RuleId, RuleInfo, Rules, Template,
    TemplateError, all_of, any_of, argument, arguments_in_order, argv, connection, env, flag, in_state,
    option, peer, program, stdin, stdin_line, stdin_size, stdin_starts_with, user, with_pty,
};
pub use fault::Fault;
pub use forward::{ConnectForwarded, Forward, ForwardRule, ForwardRules, NamedHost, Network, RemoteForward};
pub use handler::{Forwarding, Handler, Launch, Listen, Open, OpenFailure};
pub use host_key::{HostKey, HostKeyError};
pub use lifecycle::{Closed, Shutdown, Stopper};
pub use mock_base::{
    self, Delay, Events, Expectation, Guard, Journal, JournalOptions, Pattern, PatternError, Profile,
    Recorder, Seed, State, Times, VerificationError, any, event, expect, expect_in_order, expect_none, glob,
    prefix, regex,
};
pub use program::{Exit, Flow, Outbox, Program, Run, Service, Start};
pub use request::{Peer, Request, StdinSoFar, Wanted};
pub use server::MockSshServer;
pub use session::{BlockingStream, ChannelStream, Control, Controls, Offers, Parts, Session, Stdin, Stdout};
pub use shell::{Line, Shell};

/// Key types and key files, as the engine has them.
///
/// They come from the crate `ssh-key` in the one version that fits. (The crate `russh-keys` was merged into the
/// engine; its last release has other, incompatible types: do not add it beside this.)
pub mod keys {
    pub use russh::keys::{
        decode_secret_key,
        key::safe_rng,
        load_secret_key, ssh_key,
        ssh_key::{Certificate, PrivateKey, PublicKey},
    };
}

/// What the functions that make matchers return, for code that has to name it.
pub mod matchers {
    pub use crate::exec::{
        AllOf, AnyOf, ArgumentsInOrder, Argv, Circumstance, Flag, InState, OnConnection, OnStdin,
        OptionValue, WithPty, Word,
    };
}
