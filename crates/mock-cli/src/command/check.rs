//! `mock-ssh check`: what is wrong with scenarios, all of it at once, for a person or as JSON.
//!
//! What is wrong goes to standard error, as what compilers say; that a file is right, and JSON, to standard output.

use serde_json::json;

use crate::{
    args::CheckArgs,
    error::Error,
    output,
    scenario::{Scenario, ScenarioError},
};

pub(crate) fn run(args: &CheckArgs) -> Result<(), Error> {
    let (mut wrong, mut unreadable) = (0, false);
    for file in &args.file {
        let checked = Scenario::load(file);
        let name = file.display().to_string();
        if args.json {
            let (problems, ok) = match &checked {
                Ok(_) => (json!([]), true),
                Err(ScenarioError::Invalid { problems }) => (json!(problems), false),
                Err(error) => (json!([{ "file": name, "message": error.in_short() }]), false),
            };
            output::result(&format!("{}\n", json!({ "file": name, "ok": ok, "problems": problems })))?;
        }
        match checked {
            Ok(scenario) if !args.json => output::result(&format!("{name}: {}\n", scenario.summary()))?,
            Ok(_) => {}
            Err(error) => {
                wrong += 1;
                unreadable |= matches!(error, ScenarioError::Read { .. });
                if !args.json {
                    output::problems(&match error {
                        ScenarioError::Read { .. } => format!("error: {}\n", error.in_short()),
                        ScenarioError::Invalid { .. } => format!("{error}\n"),
                    });
                }
            }
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Error::Check { wrong, of: args.file.len(), unreadable }) }
}
