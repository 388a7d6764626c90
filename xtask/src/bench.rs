//! `cargo xtask bench`: the benchmarks of the workspace, and one line for each. Servers side by side are in `bench/`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cargo_metadata::TargetKind;
use serde_json::Value;

use crate::{task::Task, workspace};

pub(crate) fn run() -> Result<()> {
    let metadata = workspace::metadata()?;
    // By name, because a bare `cargo bench` also starts the unit tests, which know nothing of criterion's arguments.
    let benches = workspace::targets(&metadata, &TargetKind::Bench);
    let task = Task::cargo("bench --workspace --all-features");
    benches.iter().fold(task, |task, name| task.arg("--bench").arg(name)).run()?;
    let mut rows = Vec::new();
    collect(&workspace::target_dir(&metadata).join("criterion"), &mut rows)?;
    println!("\n{}", table(rows));
    Ok(())
}

/// The servers side by side, with the scenarios that are wanted.
pub(crate) fn sftp(wanted: &[&str]) -> Result<()> {
    let task = Task::cargo("run --release --package bench --");
    wanted.iter().fold(task, |task, name| task.arg(*name)).run()
}

/// Name and median in nanoseconds of each benchmark below this directory.
fn collect(dir: &Path, rows: &mut Vec<(String, f64)>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.ends_with("new") {
            rows.push(read(&path)?);
        } else if path.is_dir() {
            collect(&path, rows)?;
        }
    }
    Ok(())
}

fn read(new: &Path) -> Result<(String, f64)> {
    let json = |path: PathBuf| -> Result<Value> {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_str(&text)?)
    };
    let name = json(new.join("benchmark.json"))?;
    let estimates = json(new.join("estimates.json"))?;
    let name = name.get("full_id").and_then(Value::as_str).context("benchmark.json names its benchmark")?;
    let median = estimates.pointer("/median/point_estimate").and_then(Value::as_f64);
    Ok((name.to_owned(), median.context("estimates.json has a median")?))
}

fn table(mut rows: Vec<(String, f64)>) -> String {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines = rows.iter().map(|(name, median)| format!("{name:width$}  {:>12}\n", duration(*median)));
    lines.collect::<Vec<_>>().concat()
}

fn duration(nanoseconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    let unit = UNITS.iter().find(|(size, _)| nanoseconds >= *size);
    let (size, name) = unit.copied().unwrap_or((1.0, "ns"));
    format!("{:.2} {name}", nanoseconds / size)
}

#[cfg(test)]
mod tests {
    use super::{collect, table};

    #[test]
    fn medians_are_found_below_criterions_directory_and_printed_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for (name, median) in [("wait", "1500.0"), ("record", "93.4")] {
            let new = dir.path().join(name).join("new");
            std::fs::create_dir_all(&new).unwrap();
            std::fs::create_dir_all(dir.path().join(name).join("base")).unwrap();
            std::fs::write(new.join("benchmark.json"), format!(r#"{{"full_id":"journal/{name}"}}"#)).unwrap();
            let estimates = format!(r#"{{"median":{{"point_estimate":{median}}}}}"#);
            std::fs::write(new.join("estimates.json"), estimates).unwrap();
        }
        let mut rows = Vec::new();
        collect(dir.path(), &mut rows).unwrap();
        assert_eq!(table(rows), "journal/record      93.40 ns\njournal/wait         1.50 µs\n");
    }
}
