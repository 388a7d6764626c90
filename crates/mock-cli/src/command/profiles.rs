//! `mock-ssh profiles`: which real servers can be imitated, and all that is known of one.

use mock_base::Profile;

use crate::{args::ProfilesArgs, output, profile};

pub(crate) fn run(args: &ProfilesArgs) {
    match (args.json, args.name) {
        (true, Some(known)) => output::to_program(&profile::json_line(known)),
        (true, None) => output::to_program(&Profile::ALL.map(profile::json_line).concat()),
        (false, Some(known)) => output::to_program(&profile::in_full(known)),
        (false, None) => output::to_program(&profile::list()),
    }
}
