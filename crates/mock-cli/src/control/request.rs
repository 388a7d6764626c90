//! Requests, exactly as they are written. Their doc comments are the reference: `docs/control.md` is made from them.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    answer::{Code, Failure},
    rule::{Forward, RemoteForward, Rule},
};

/// A request.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "command")]
pub(crate) enum Request {
    /// Says whether what is expected has come so far, of every server of the scenario. Expectations stay.
    #[serde(rename = "verify")]
    Verify(Nothing),
    /// Expects something from now on, before and after.
    #[serde(rename = "expect")]
    Expect(Expect),
    /// Forgets what happened on every server of the scenario, for the next test: events, states, how often rules answered and faults struck, and the rules,
    /// those for forwards included, faults and expectations that requests have added. What the server was started with stays,
    /// its states begin as they did and its faults are switched on again; a rule or a fault of it that was removed or replaced does not come back. Live
    /// connections go on.
    #[serde(rename = "reset")]
    Reset(Nothing),
    /// Adds a rule for commands.
    #[serde(rename = "rule.add")]
    RuleAdd(RuleAdd),
    /// Removes a rule. What was expected of it is verified still.
    #[serde(rename = "rule.remove")]
    RuleRemove(RuleRemove),
    /// Puts a rule in the place of another. What was expected of the old one is verified still.
    #[serde(rename = "rule.replace")]
    RuleReplace(RuleReplace),
    /// The rules in their order: the first that matches a command answers it.
    #[serde(rename = "rule.list")]
    RuleList(Nothing),
    /// Adds a fault. Who is connected meets it at the next occasion.
    #[serde(rename = "fault.add")]
    FaultAdd(FaultAdd),
    /// Removes a fault. What it has begun, such as a stall, goes on.
    #[serde(rename = "fault.remove")]
    FaultRemove(FaultRemove),
    /// Switches a fault on or off. While it is off, it counts no occasions.
    #[serde(rename = "fault.switch")]
    FaultSwitch(FaultSwitch),
    /// The faults: those that the server was started with, then those that requests have added.
    #[serde(rename = "fault.list")]
    FaultList(Nothing),
    /// Adds a rule for connections that clients want to be let through. What was let through before stays.
    #[serde(rename = "forward.add")]
    ForwardAdd(ForwardAdd),
    /// Removes a rule for connections.
    #[serde(rename = "forward.remove")]
    ForwardRemove(NumberOf),
    /// Puts a rule for connections in the place of another.
    #[serde(rename = "forward.replace")]
    ForwardReplace(ForwardReplace),
    /// The rules for connections in their order: the first that matches decides, and without one a connection is refused.
    #[serde(rename = "forward.list")]
    ForwardList(Nothing),
    /// Adds a rule for where clients want the server to listen. What they asked for before stays.
    #[serde(rename = "remote_forward.add")]
    RemoteForwardAdd(RemoteForwardAdd),
    /// Removes a rule for where clients want the server to listen.
    #[serde(rename = "remote_forward.remove")]
    RemoteForwardRemove(NumberOf),
    /// Puts a rule for where clients want the server to listen in the place of another.
    #[serde(rename = "remote_forward.replace")]
    RemoteForwardReplace(RemoteForwardReplace),
    /// The rules for where clients want the server to listen, in their order: the first that matches decides, and without one
    /// a request is refused.
    #[serde(rename = "remote_forward.list")]
    RemoteForwardList(Nothing),
    /// Opens a connection to a client, as if somebody had connected to where it has the server listen (`ssh -R`). The answer
    /// has a port of this machine: connect there, once, and that is the connection. It is closed if nobody does in time.
    /// Whoever can connect to ports of this machine could come first, its other users included.
    #[serde(rename = "connect_forwarded")]
    ConnectForwarded(ConnectForwarded),
    /// Opens a connection to the agent of the client that offered it last (`ssh -A`), for as long as the channel is open on which
    /// it did. The answer is that of `connect_forwarded`; what passes is the protocol of ssh-agent.
    #[serde(rename = "connect_agent")]
    ConnectAgent(ConnectOffered),
    /// Opens a connection to the X server of the client that offered it last (`ssh -X`), in the same way. It is to begin with the
    /// protocol and the cookie that the event `x11_forward` has if the server was started with `--reveal-secrets`.
    #[serde(rename = "connect_x11")]
    ConnectX11(ConnectOffered),
    /// The states that rules and faults depend on.
    #[serde(rename = "state.get")]
    StateGet(StateGet),
    /// Sets a state.
    #[serde(rename = "state.set")]
    StateSet(StateSet),
    /// What happened so far.
    #[serde(rename = "events")]
    Events(Events),
    /// Waits for an event; one that already happened counts. Other clients are answered meanwhile.
    #[serde(rename = "wait")]
    Wait(Wait),
    /// What clients need to log in.
    #[serde(rename = "client_kit")]
    ClientKit(Nothing),
    /// Stops the server, as SIGTERM does. It is answered before. Not with `verify`, where the server ends with its command.
    #[serde(rename = "stop")]
    Stop(Nothing),
}

/// No fields.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// What, in the text form of expectations: `exec "systemctl restart *" x1`.
    pub(super) expectation: String,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleAdd {
    /// The rule, with the keys of `[[exec]]` in a scenario file.
    pub(super) rule: Rule,
    /// Whether it stands in front of all others, so that it answers what they would; otherwise behind them.
    #[serde(default = "yes")]
    pub(super) first: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleRemove {
    /// Its number.
    pub(super) number: u64,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleReplace {
    /// The number of the rule that goes.
    pub(super) number: u64,
    /// The rule that comes.
    pub(super) rule: Rule,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultAdd {
    /// The fault, in the text form of `--fault`: `kex: stall; first 2`. See `docs/faults.md`.
    pub(super) fault: String,
    /// Whether it is switched on.
    #[serde(default = "yes")]
    pub(super) on: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRemove {
    /// Its number.
    pub(super) number: u64,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSwitch {
    /// Its number.
    pub(super) number: u64,
    /// Whether it is on from now on.
    pub(super) on: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberOf {
    /// Its number.
    pub(super) number: u64,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ForwardAdd {
    /// The rule, with the keys of `[[forward]]` in a scenario file.
    pub(super) rule: Forward,
    /// Whether it stands in front of all others, so that it decides what they would; otherwise behind them.
    #[serde(default = "yes")]
    pub(super) first: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ForwardReplace {
    /// The number of the rule that goes.
    pub(super) number: u64,
    /// The rule that comes.
    pub(super) rule: Forward,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteForwardAdd {
    /// The rule, with the keys of `[[remote_forward]]` in a scenario file.
    pub(super) rule: RemoteForward,
    /// Whether it stands in front of all others, so that it decides what they would; otherwise behind them.
    #[serde(default = "yes")]
    pub(super) first: bool,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoteForwardReplace {
    /// The number of the rule that goes.
    pub(super) number: u64,
    /// The rule that comes.
    pub(super) rule: RemoteForward,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectForwarded {
    /// The port that the client asked for, or was told.
    pub(super) port: Option<u16>,
    /// In its place, the path of the Unix socket that the client asked for.
    pub(super) socket: Option<String>,
    /// How long the client may take to answer, and then whoever asked to connect: seconds, or a text such as `500ms`; 5
    /// seconds if nothing is said.
    #[serde(default)]
    pub(super) within: Within,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectOffered {
    /// How long the client may take to answer, and then whoever asked to connect: seconds, or a text such as `500ms`; 5
    /// seconds if nothing is said.
    #[serde(default)]
    pub(super) within: Within,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct StateGet {
    /// Only this state, which is `initial` if nobody set it; otherwise all that were set.
    pub(super) name: Option<String>,
    /// The states of this connection, not those of the server.
    pub(super) connection: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSet {
    /// Its name.
    pub(super) name: String,
    /// What it is from now on.
    pub(super) value: String,
    /// A state of this connection, not of the server.
    pub(super) connection: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    /// Only what this selects, in the text form of queries: `exec "rm *" user deploy`. Without it, everything in the
    /// journal, whoever recorded it.
    pub(super) query: Option<String>,
    /// Only events with this number `seq` or a higher one.
    #[serde(default)]
    pub(super) since: u64,
    /// So many at most, the oldest first.
    #[serde(default = "thousand")]
    pub(super) limit: usize,
}

fn thousand() -> usize {
    1000
}

#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    /// For what, in the text form of queries.
    pub(super) query: String,
    /// How long: seconds, or a text such as `500ms`; 5 seconds if nothing is said.
    #[serde(default)]
    pub(super) within: Within,
    /// Only events with a higher number `seq` count: for waiting for the next one.
    pub(super) after: Option<u64>,
}

/// A time.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub(crate) enum Within {
    Seconds(f64),
    Text(String),
}

impl Default for Within {
    fn default() -> Self {
        Self::Seconds(5.0)
    }
}

/// Reads a request, without its `id`.
pub(super) fn read<R: DeserializeOwned>(value: Value) -> Result<R, Failure> {
    if !value.is_object() {
        return Err(Failure::new(Code::NotJson, "a request is a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| Failure::bad_request(&error))
}
