//! The arguments of `mock-ssh check`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct CheckArgs {
    /// The files; what they include is checked as well
    #[arg(required = true, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,

    /// Print a line of JSON for each file, with what is wrong
    #[arg(long)]
    pub(crate) json: bool,
}
