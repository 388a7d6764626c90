//! The arguments of `mock-ssh profiles`.

use clap::Args as ClapArgs;
use mock_base::Profile;

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ProfilesArgs {
    /// The one to tell everything of, with what the mock leaves out and where it was read
    #[arg(value_name = "NAME", value_parser = Profile::named)]
    pub(crate) name: Option<&'static Profile>,

    /// Print a line of JSON for each, with everything
    #[arg(long)]
    pub(crate) json: bool,
}
