//! `cargo xtask docs`: documents that are made from the code. Written on request, compared by `--check`.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{task::Task, workspace};

/// A document, and the arguments for cargo that print it.
const DOCUMENTS: &[(&str, &str)] = &[
    ("docs/events.md", "run --quiet --package mock-base --features schema --example events_doc"),
    ("docs/control.md", "run --quiet --package mock-cli --features schema --example control_doc"),
    (
        "docs/control.schema.json",
        "run --quiet --package mock-cli --features schema --example control_doc -- --schema",
    ),
];

pub(crate) fn write() -> Result<()> {
    for (path, args) in DOCUMENTS {
        let text = Task::cargo(args).output()?;
        fs::write(workspace::root().join(path), text).with_context(|| format!("writing {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

pub(crate) fn check() -> Result<()> {
    for (path, args) in DOCUMENTS {
        let text = Task::cargo(args).output()?;
        // A document that is not there is out of date as well.
        let written = fs::read_to_string(workspace::root().join(path)).unwrap_or_default();
        if text != written {
            bail!("{path} is out of date; write it with:\n    cargo xtask docs");
        }
        println!("{path} is up to date");
    }
    Ok(())
}
