//! Every key that a scenario may have, table by table: what is not here is refused.
//!
//! In one place, so that a key in the wrong table can be told where it belongs, and a test can see that the reference
//! shows all of them.

/// Keys that stand together, and where: as a person would say it.
pub(super) struct Keys {
    pub(super) place: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) const TOP: Keys = Keys {
    place: "at the top of the file, above the first [table]",
    keys: &[
        "include",
        "default",
        "expect",
        "expect_in_order",
        "faults",
        "server",
        "users",
        "exec",
        "commands",
        "shell",
        "subsystems",
        "sftp",
        "state",
        "forward",
        "remote_forward",
    ],
};

/// What each of several servers has of its own, beside what stands in `[server]`.
pub(super) const OF_ONE: Keys = Keys {
    place: "in [[server]]",
    keys: &[
        "default",
        "expect",
        "expect_in_order",
        "faults",
        "users",
        "exec",
        "commands",
        "shell",
        "subsystems",
        "sftp",
        "state",
        "forward",
        "remote_forward",
    ],
};

pub(super) const FORWARD: Keys = Keys {
    place: "in [[forward]]",
    keys: &[
        "to",
        "server",
        "network",
        "reply",
        "file",
        "echo",
        "refuse",
        "code",
        "silence",
        "host",
        "host_port",
        "host_socket",
        "delay",
    ],
};

pub(super) const REMOTE_FORWARD: Keys =
    Keys { place: "in [[remote_forward]]", keys: &["at", "refuse", "host", "port"] };

pub(super) const SERVER: Keys = Keys {
    place: "in [server]",
    keys: &[
        "name",
        "address",
        "port",
        "profile",
        "version",
        "banner",
        "algorithms",
        "host_keys",
        "other_host_keys",
        "max_connections",
        "max_auth_attempts",
        "handshake_timeout",
        "connection_timeout",
        "inactivity_timeout",
        "grace",
        "seed",
        "strict",
        "hints_on_stderr",
        "reveal_secrets",
        "recorded_stdin",
        "agent_forwarding",
        "x11_forwarding",
        "max_channels",
        "accept_env",
        "rekey_after",
        "rekey_after_bytes",
        "keepalive",
        "window",
        "max_packet",
        "exit_status_after_eof",
        "close_after_session",
        "clock",
        "host_certificate",
        "unknown_users_see",
    ],
};

/// A host key that is more than the path of a file.
pub(super) const HOST_KEY: Keys =
    Keys { place: "in an element of `host_keys`", keys: &["file", "generate", "certificate"] };

pub(super) const OTHER_HOST_KEYS: Keys =
    Keys { place: "in [[server.other_host_keys]]", keys: &["connection", "peer", "in_state", "keys"] };

pub(super) const ALGORITHMS: Keys = Keys {
    place: "in [server.algorithms]",
    keys: &["set", "kex", "host_keys", "ciphers", "macs", "compression", "ext_info", "strict_kex"],
};

/// What a user may have, and each part of a login that has several.
pub(super) const LOGIN: Keys = Keys {
    place: "in [users.NAME]",
    keys: &[
        "none",
        "accept_any",
        "reject",
        "password",
        "password_also_interactive",
        "expired_password",
        "public_keys",
        "authorized_keys",
        "key",
        "certificate",
        "trusted_user_ca_keys",
        "principals",
        "signature_algorithms",
        "revoked_keys",
        "keyboard_interactive",
        "tries",
        "first_of",
        "in_order",
        "all_of",
        "by_connection",
        "authentication_methods",
        "fail_first",
        "nth_key",
        "lock_after",
        "withdraw",
        "disconnect_after",
        "delay",
    ],
};

pub(super) const CERTIFICATE: Keys = Keys {
    place: "in `certificate` and `host_certificate`",
    keys: &[
        "principals",
        "valid",
        "valid_after",
        "valid_before",
        "authority",
        "type",
        "key_id",
        "serial",
        "force_command",
        "source_address",
        "critical_options",
        "extensions",
    ],
};

pub(super) const LOCK: Keys = Keys { place: "in `lock_after`", keys: &["failures", "for"] };

/// Methods by name, where each has a value.
pub(super) const METHODS: Keys =
    Keys { place: "by method", keys: &["publickey", "password", "keyboard-interactive"] };

pub(super) const ROUND: Keys =
    Keys { place: "in a round of `keyboard_interactive`", keys: &["name", "instructions", "prompts"] };

pub(super) const PROMPT: Keys = Keys {
    place: "in `prompts`",
    keys: &["label", "echo", "answer", "matches", "code", "template", "forbid"],
};

pub(super) const ON: Keys = Keys { place: "in [[exec]] and [[shell.rule]]", keys: &["on"] };

/// Which requests a rule is for, besides the pattern.
pub(super) const MATCH: Keys = Keys {
    place: "in a rule",
    keys: &[
        "argv",
        "program",
        "arguments",
        "flags",
        "options",
        "user",
        "env",
        "peer",
        "connection",
        "pty",
        "not",
    ],
};

/// What a command has and a line of a shell has not.
pub(super) const INPUT: Keys = Keys { place: "in [[exec]]", keys: &["stdin"] };

pub(super) const STDIN: Keys = Keys { place: "in `stdin`", keys: &["is", "line", "starts_with", "size"] };

/// When a rule holds.
pub(super) const WHEN: Keys = Keys {
    place: "in a rule",
    keys: &["in_state", "then_state", "up_to", "after", "nth", "every", "name", "replies"],
};

/// What only a rule for commands has.
pub(super) const OF_SERVER: Keys = Keys { place: "in [[exec]]", keys: &["per_connection", "expect"] };

/// What only a rule for lines of a shell has.
pub(super) const OF_LINE: Keys = Keys { place: "in [[shell.rule]]", keys: &["server_wide"] };

pub(super) const REPLY: Keys = Keys {
    place: "in a reply",
    keys: &[
        "stdout",
        "stderr",
        "file",
        "template",
        "pieces",
        "delay",
        "bandwidth",
        "read_stdin",
        "echo_stdin",
        "exit",
        "signal",
    ],
};

pub(super) const PIECE: Keys = Keys {
    place: "in `pieces`",
    keys: &["stdout", "stderr", "file", "pause", "read_stdin", "read_until", "echo_stdin"],
};

pub(super) const SIGNAL: Keys = Keys { place: "in `signal`", keys: &["name", "core_dumped", "message"] };

pub(super) const SHELL: Keys =
    Keys { place: "in [shell]", keys: &["prompt", "prompts", "greeting", "rule", "lines", "echo", "silent"] };

pub(super) const SFTP: Keys = Keys {
    place: "in [sftp]",
    keys: &[
        "enabled",
        "root",
        "dir",
        "read_only",
        "check_permissions",
        "files",
        "limits",
        "users",
        "extensions",
        "without_extensions",
        "max_version",
        "max_read_length",
    ],
};

pub(super) const FILE: Keys = Keys {
    place: "in a file of [sftp.files]",
    keys: &["text", "file", "link", "mode", "owner", "group", "mtime"],
};

pub(super) const LIMITS: Keys = Keys { place: "in `limits`", keys: &["bytes", "inodes", "file_size"] };

pub(super) const FILE_USER: Keys =
    Keys { place: "in [sftp.users.NAME]", keys: &["root", "start", "groups", "umask", "quota"] };

/// All of them.
pub(super) const ALL: &[&Keys] = &[
    &TOP,
    &SERVER,
    &ALGORITHMS,
    &LOGIN,
    &CERTIFICATE,
    &LOCK,
    &METHODS,
    &ROUND,
    &PROMPT,
    &ON,
    &MATCH,
    &INPUT,
    &STDIN,
    &WHEN,
    &OF_SERVER,
    &OF_LINE,
    &REPLY,
    &PIECE,
    &SIGNAL,
    &SHELL,
    &SFTP,
    &FILE,
    &LIMITS,
    &FILE_USER,
    &OF_ONE,
    &HOST_KEY,
    &OTHER_HOST_KEYS,
    &FORWARD,
    &REMOTE_FORWARD,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use toml::de::{DeTable, DeValue};

    use super::ALL;

    fn collect(table: &DeTable<'_>, keys: &mut BTreeSet<String>) {
        for (key, value) in table {
            keys.insert(key.get_ref().to_string());
            look(value.get_ref(), keys);
        }
    }

    fn look(value: &DeValue<'_>, keys: &mut BTreeSet<String>) {
        match value {
            DeValue::Table(table) => collect(table, keys),
            DeValue::Array(list) => list.iter().for_each(|value| look(value.get_ref(), keys)),
            _ => {}
        }
    }

    #[test]
    fn the_reference_shows_every_key() {
        let (general, logins) = (
            include_str!("../../tests/scenarios/reference.toml"),
            include_str!("../../tests/scenarios/logins.toml"),
        );
        let mut shown = BTreeSet::new();
        for text in [general, logins] {
            collect(DeTable::parse(text).unwrap().get_ref(), &mut shown);
        }
        let text = general;
        let keys = ALL.iter().flat_map(|keys| keys.keys);
        // What cannot stand beside another stands in a comment.
        let missing: Vec<_> =
            keys.filter(|key| !shown.contains(**key) && !text.contains(&format!("\n# {key} = "))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
