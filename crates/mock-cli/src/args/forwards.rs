//! Flags for connections through the server, in the words of scenario files.

use clap::Args;
use mock_core::RemoteForward;

use crate::scenario::{ForwardRule, forward_of_flag, remote_forward_of_flag};

/// Where connections lead.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Behaviour")]
pub(crate) struct ForwardArgs {
    /// Let connections through, such as `to = "db01:5432", echo = true`; may be repeated. The keys are those of a forward
    /// in docs/scenario.md
    #[arg(long, value_name = "RULE", value_parser = forward_of_flag)]
    pub(crate) forward: Vec<ForwardRule>,

    /// Listen for clients, such as `at = "localhost:*", host = true`; may be repeated. The keys are those of
    /// a remote forward there
    #[arg(long, value_name = "RULE", value_parser = remote_forward_of_flag)]
    pub(crate) remote_forward: Vec<RemoteForward>,
}
