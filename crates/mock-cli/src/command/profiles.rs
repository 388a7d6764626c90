//! `mock-ssh profiles`: which real servers can be imitated, and all that is known of one.

use mock_base::Profile;

use crate::{args::ProfilesArgs, error::Error, output, profile};

pub(crate) fn run(args: &ProfilesArgs) -> Result<(), Error> {
    match (args.json, args.name) {
        (true, Some(known)) => output::result(&profile::json_line(known)),
        (true, None) => output::result(&Profile::ALL.map(profile::json_line).concat()),
        (false, Some(known)) => output::result(&profile::in_full(known)),
        (false, None) => output::result(&profile::list()),
    }
}
