//! What is told of profiles: to people, and to programs as JSON.
//!
//! Fields of the JSON are named as in scenario files where they are the same. They are added, never renamed.

use std::fmt::Write as _;

use mock_base::{Profile, ProfileLimits};
use mock_core::Algorithms;
use mock_sftp::Sftp;
use serde_json::{Map, Value, json};

/// What the real server has and a mock with its profile has not.
pub(crate) fn left_out(profile: &Profile) -> Vec<String> {
    let algorithms = Algorithms::missing_of(profile).map(|missing| missing.name);
    algorithms.chain(Sftp::missing_of(profile).map(str::to_owned)).collect()
}

/// For the texts of a server that starts.
pub(crate) fn in_short(profile: &Profile) -> String {
    let left_out = left_out(profile);
    let not_there = if left_out.is_empty() {
        String::new()
    } else {
        format!("\nwithout {}, which the mock does not have", left_out.join(", "))
    };
    format!("{}: {}{not_there}", profile.name, profile.title)
}

/// A line for each.
pub(crate) fn list() -> String {
    let width = Profile::ALL.iter().map(|known| known.name.len()).max().unwrap_or_default();
    Profile::ALL.map(|known| format!("{:width$}  {}\n", known.name, known.title)).concat()
}

/// Everything that is known of one.
pub(crate) fn in_full(profile: &Profile) -> String {
    let left_out = left_out(profile);
    let marked = |name: &str| {
        let is_left_out = left_out.iter().any(|missing| missing == name);
        format!("{name}{}", if is_left_out { " (left out)" } else { "" })
    };
    let mut text = format!("{}: {}\n", profile.name, profile.title);
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _infallible = writeln!(text, "\n{title}");
            for line in lines {
                let _infallible = writeln!(text, "  {line}");
            }
        }
    };
    section("version", vec![profile.version.to_owned()]);
    for (list, names) in profile.lists() {
        section(list, names.iter().map(|name| marked(name)).collect());
    }
    section(
        "host key algorithms of clients, beside these",
        profile.client_keys.iter().map(|name| marked(name)).collect(),
    );
    section(
        "limits",
        limits(&profile.limits).into_iter().map(|(name, value)| format!("{name} = {value}")).collect(),
    );
    section("end of a session", vec![ending(profile)]);
    if let Some(sftp) = &profile.sftp {
        let marked = |(name, data): &(&str, &str)| marked(name).replacen(name, &format!("{name} {data}"), 1);
        let extensions = sftp.extensions.iter().map(marked);
        let read = sftp.max_read.map(|bytes| format!("at most {bytes} bytes for a read"));
        section(
            "SFTP",
            [format!("version {}", sftp.version)].into_iter().chain(read).chain(extensions).collect(),
        );
    }
    section("notes", profile.notes.iter().map(|note| (*note).to_owned()).collect());
    section("sources", profile.sources.iter().map(|source| (*source).to_owned()).collect());
    text
}

fn ending(profile: &Profile) -> String {
    let order = if profile.exit_status_after_eof {
        "end of data, exit status, close"
    } else {
        "exit status, end of data, close"
    };
    let then = if profile.closes_after_session { "; then the connection is closed" } else { "" };
    format!("{order}{then}")
}

/// Those that are known, as a scenario file has them.
fn limits(limits: &ProfileLimits) -> Vec<(&'static str, Value)> {
    let time = |duration| json!(humantime::format_duration(duration).to_string());
    let known = [
        ("max_auth_attempts", limits.max_auth_attempts.map(Value::from)),
        ("handshake_timeout", limits.handshake_timeout.map(time)),
        ("inactivity_timeout", limits.inactivity_timeout.map(time)),
        ("max_channels", limits.max_channels.map(Value::from)),
        ("window", limits.window.map(Value::from)),
        ("max_packet", limits.max_packet.map(Value::from)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Everything that is known of one, for a program.
pub(crate) fn json_line(profile: &Profile) -> String {
    format!("{}\n", to_json(profile))
}

fn to_json(profile: &Profile) -> Value {
    let limits: Map<_, _> =
        limits(&profile.limits).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let sftp = profile.sftp.map(|sftp| {
        let extensions = sftp.extensions.iter().map(|(name, data)| json!({ "name": name, "data": data }));
        json!({
            "version": sftp.version,
            "extensions": extensions.collect::<Vec<_>>(),
            "max_read_length": sftp.max_read,
        })
    });
    json!({
        "name": profile.name,
        "title": profile.title,
        "version": profile.version,
        "kex": profile.kex,
        "host_keys": profile.host_keys,
        "client_keys": profile.client_keys,
        "ciphers": profile.ciphers,
        "macs": profile.macs,
        "compression": profile.compression,
        "limits": limits,
        "exit_status_after_eof": profile.exit_status_after_eof,
        "close_after_session": profile.closes_after_session,
        "sftp": sftp,
        "left_out": left_out(profile),
        "notes": profile.notes,
        "sources": profile.sources,
    })
}
