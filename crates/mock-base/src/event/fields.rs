//! The fields of every kind by the names that JSON gives them, for queries that are written as text.
//!
//! Not by way of JSON itself: that would build an object for each event that is looked at. Structs are taken apart field by
//! field, so one that is left out here does not compile; that names and types are those of JSON, a test compares.

use super::{
    AgentForward, AuthAccepted, AuthAttempt, AuthOutcome, Banner, ChannelClosed, ChannelKind, ChannelOpened,
    ChannelRefused, ClientVersion, ClosedBy, Connected, Data, Disconnected, Env, Exec, Exit, Fault, Forward,
    ForwardCancelled, KeyOffered, Kind, Matched, Negotiated, Panicked, Payload, Problem, Pty, PublicKeyInfo,
    Record, Refused, Secret, Shell, ShellLine, SignalReceived, Started, StateChanged, Stdin, StdinEof,
    Stopped, Subsystem, TerminalMode, Value, WindowChange, X11Forward,
};

/// What a kind has to compare.
#[derive(Debug)]
pub(crate) struct KindFields {
    pub(crate) name: &'static str,
    /// The field that is meant when none is named.
    pub(crate) subject: Option<&'static str>,
    pub(crate) fields: &'static [(&'static str, FieldType)],
}

/// What `forwarded` is about: not a field of JSON, but what its `host` and `port`, or its `path`, come to.
pub(crate) const FORWARDED_TO: &str = "kind.target";
const CHANNEL_TARGET: &str = "target";

/// What a field may be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Number,
    Flag,
    /// One of these.
    Word(&'static [&'static str]),
    /// A text by itself, with members named behind a dot.
    Object(&'static [(&'static str, Self)]),
}

use FieldType::{Flag, Number, Object, Text, Word};

const KEY: FieldType = Object(&[("algorithm", Text), ("fingerprint", Text), ("public_key", Text)]);
const CHANNEL: FieldType = Object(&[
    (
        "type",
        Word(&[
            "session",
            "direct_tcpip",
            "direct_streamlocal",
            "server_only",
            "forwarded_tcpip",
            "forwarded_streamlocal",
            "agent",
            "x11",
        ]),
    ),
    ("host", Text),
    ("address", Text),
    ("port", Number),
    ("originator", Text),
    ("originator_port", Number),
    ("path", Text),
    ("name", Text),
]);
const OUTCOME: FieldType = Word(&["accepted", "rejected", "partial", "prompted", "disconnected"]);
const CLOSED_BY: FieldType = Word(&["client", "server", "error"]);

macro_rules! fields {
    ($($kind:ident($($subject:literal)?) { $($field:ident: $type:expr),* })*) => {
        /// Each kind with its fields, without operations: theirs are known only when one comes.
        pub(crate) const KINDS: &[KindFields] = &[$(KindFields {
            name: <$kind as Payload>::NAME,
            subject: fields!(@subject $($subject)?),
            fields: &[$((stringify!($field), $type)),*],
        }),*];

        impl Kind {
            /// Hands each value of a field to `out`: none for `null`, several for a list.
            pub(crate) fn visit(&self, path: &str, out: &mut dyn FnMut(Value<'_>)) {
                let (field, member) = path.split_once('.').unwrap_or((path, ""));
                match self {
                    $(Self::$kind($kind { $($field),* }) => match field {
                        $(stringify!($field) => $field.visit(member, out),)*
                        _ => {}
                    },)*
                    Self::Operation(record) => visit_operation(&**record, path, out),
                }
            }
        }
    };
    (@subject) => { None };
    (@subject $subject:literal) => { Some($subject) };
}

fields! {
    Started("address") { address: Text, seed: Number }
    Stopped() { connections: Number }
    Connected("peer") { peer: Text, via: Text }
    Refused("peer") { peer: Text, why: Text }
    ClientVersion("version") { version: Text }
    Negotiated("kex") {
        kex: Text, host_key: Text, cipher_in: Text, cipher_out: Text, mac_in: Text, mac_out: Text,
        compression_in: Text, compression_out: Text, strict: Flag, guessed: Flag
    }
    Banner("text") { text: Text }
    KeyOffered("user") { user: Text, key: KEY, welcome: Flag, why: Text }
    AuthAttempt("user") {
        user: Text, method: Text, number: Number, outcome: OUTCOME, why: Text, secrets: Text, key: KEY,
        methods_left: Text
    }
    AuthAccepted("user") { user: Text, method: Text, attempts: Number }
    ChannelOpened("kind") { kind: CHANNEL }
    ChannelRefused("kind") { kind: CHANNEL, code: Number, reason: Text }
    Env("name") { name: Text, value: Text, accepted: Flag }
    Pty("term") {
        term: Text, columns: Number, rows: Number, width: Number, height: Number, modes: Text, accepted: Flag
    }
    Shell() { accepted: Flag }
    ShellLine("line") { line: Text, rule: Text, hint: Text }
    Exec("command") { command: Text, accepted: Flag, rule: Text, user: Text, hint: Text, call: Number }
    Matched("command") { command: Text, rule: Text, hint: Text }
    StateChanged("name") { name: Text, value: Text }
    Fault("name") { name: Text, stage: Text, action: Text }
    Subsystem("name") { name: Text, accepted: Flag }
    Stdin("data") { data: Text }
    StdinEof("bytes") { bytes: Number }
    WindowChange() { columns: Number, rows: Number, width: Number, height: Number }
    SignalReceived("name") { name: Text }
    AgentForward() { accepted: Flag }
    X11Forward("protocol") {
        single_connection: Flag, protocol: Text, cookie: Text, screen: Number, accepted: Flag
    }
    Forward("address") { address: Text, port: Number, accepted: Flag, bound: Number }
    ForwardCancelled("address") { address: Text, port: Number, accepted: Flag }
    Exit("status") { status: Number, signal: Text }
    ChannelClosed() { received: Number, sent: Number }
    Problem("text") { text: Text }
    Panicked("message") { what: Text, message: Text }
    Disconnected("reason") { by: CLOSED_BY, reason: Text, received: Number, sent: Number }
}

/// The subject of an operation is its path, or else its first text.
pub(crate) const OPERATION_SUBJECT: &str = "";

fn visit_operation(record: &dyn Record, path: &str, out: &mut dyn FnMut(Value<'_>)) {
    if path != OPERATION_SUBJECT {
        return record.fields(&mut |name, value| {
            if name == path {
                out(value);
            }
        });
    }
    let mut subject = None;
    record.fields(&mut |name, value| {
        let text = matches!(value, Value::Text(_) | Value::Bytes(_));
        if text && (subject.is_none() || (name == "path" && subject != Some("path"))) {
            subject = Some(name);
        }
    });
    record.fields(&mut |name, value| {
        if subject == Some(name) {
            out(value);
        }
    });
}

/// The value of a field, as the text that JSON and timelines show.
trait Visit {
    fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>));
}

macro_rules! scalars {
    ($($type:ty, |$this:ident| $value:expr;)*) => {$(
        impl Visit for $type {
            fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>)) {
                let $this = self;
                if member.is_empty() {
                    out($value);
                }
            }
        }
    )*};
}

scalars! {
    String, |this| Value::Text(this);
    Data, |this| Value::Bytes(this.as_bytes());
    Secret, |this| Value::Text(this.visible());
    bool, |this| Value::Bool(*this);
    u32, |this| Value::U64(u64::from(*this));
    u64, |this| Value::U64(*this);
    TerminalMode, |this| Value::Text(&format!("{}={}", this.name, this.value));
    AuthOutcome, |this| Value::Text(match this {
        Self::Accepted => "accepted",
        Self::Rejected => "rejected",
        Self::Partial => "partial",
        Self::Prompted => "prompted",
        Self::Disconnected => "disconnected",
    });
    ClosedBy, |this| Value::Text(match this {
        Self::Client => "client",
        Self::Server => "server",
        Self::Error => "error",
    });
}

impl<T: Visit> Visit for Option<T> {
    fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>)) {
        if let Some(value) = self {
            value.visit(member, out);
        }
    }
}

impl<T: Visit> Visit for Vec<T> {
    fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>)) {
        for value in self {
            value.visit(member, out);
        }
    }
}

impl Visit for PublicKeyInfo {
    fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>)) {
        match member {
            "" | "fingerprint" => out(Value::Text(&self.fingerprint)),
            "algorithm" => out(Value::Text(&self.algorithm)),
            "public_key" => out(Value::Text(&self.public_key)),
            _ => {}
        }
    }
}

impl Visit for ChannelKind {
    fn visit(&self, member: &str, out: &mut dyn FnMut(Value<'_>)) {
        let mut number = |number: &u32| out(Value::U64(u64::from(*number)));
        let text = match (member, self) {
            ("", _) => &self.to_string(),
            (CHANNEL_TARGET, _) => match self.target() {
                Some(target) => &target.clone(),
                None => return,
            },
            ("type", Self::Session) => "session",
            ("type", Self::DirectTcpip { .. }) => "direct_tcpip",
            ("type", Self::DirectStreamlocal { .. }) => "direct_streamlocal",
            ("type", Self::ServerOnly { .. }) => "server_only",
            ("type", Self::ForwardedTcpip { .. }) => "forwarded_tcpip",
            ("type", Self::ForwardedStreamlocal { .. }) => "forwarded_streamlocal",
            ("type", Self::Agent) => "agent",
            ("type", Self::X11 { .. }) => "x11",
            ("host", Self::DirectTcpip { host, .. }) => host,
            ("address", Self::ForwardedTcpip { address, .. }) => address,
            ("port", Self::DirectTcpip { port, .. } | Self::ForwardedTcpip { port, .. }) => {
                return number(port);
            }
            (
                "originator",
                Self::DirectTcpip { originator, .. }
                | Self::ForwardedTcpip { originator, .. }
                | Self::X11 { originator, .. },
            ) => originator,
            (
                "originator_port",
                Self::DirectTcpip { originator_port, .. }
                | Self::ForwardedTcpip { originator_port, .. }
                | Self::X11 { originator_port, .. },
            ) => return number(originator_port),
            ("path", Self::DirectStreamlocal { path } | Self::ForwardedStreamlocal { path }) => path,
            ("name", Self::ServerOnly { name }) => name,
            _ => return,
        };
        out(Value::Text(text));
    }
}
