//! What faults decide when a connection begins: whether it does, and what the server is on it.

use std::io;

use mock_base::fault::Struck;
use tokio::io::AsyncWriteExt as _;

use super::{Action, Scene, Stage};
use crate::{HostKey, config::Options, server::Shared, transport::Stream};

/// The method of key exchange that hardly any client has any more.
const UNCOMMON: &str = "diffie-hellman-group1-sha1";

/// What is different on a connection.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The options, where they are others than the server's.
    pub(crate) options: Option<Options>,
    /// The host keys, where they are others.
    pub(crate) host_keys: Option<Vec<HostKey>>,
    /// Breaks the signature of the key exchange.
    pub(crate) wrong_signature: Option<Struck<Stage>>,
}

/// Plays what strikes before the server says anything. The scene tells whether the connection goes on.
pub(crate) async fn begin<S: Stream>(server: &Shared, scene: &Scene, socket: &mut S) -> Plan {
    let mut plan = Plan::default();
    if scene.has_no_faults() {
        return plan;
    }
    scene.reach(Stage::Accept);
    if !scene.hold().await {
        return plan;
    }
    let planned = scene.strike_only(
        |stage| matches!(stage, Stage::Version | Stage::Kex | Stage::Channel(_)),
        |action| Scene::is_planned(action) && !matches!(action, Action::Lines { .. }),
    );
    plan.make(server, scene, planned);
    scene.reach(Stage::Version);
    if !scene.hold().await {
        return plan;
    }
    let lines =
        scene.strike_only(|stage| *stage == Stage::Version, |action| matches!(action, Action::Lines { .. }));
    for struck in lines {
        struck.record(scene.recorder());
        let Action::Lines { text, count } = struck.action() else { continue };
        let line = format!("{text}\r\n");
        // A client that has left is noticed by the engine.
        let _gone = say(socket, line.as_bytes(), *count).await;
    }
    plan
}

async fn say<S: Stream>(socket: &mut S, line: &[u8], count: Option<u64>) -> io::Result<()> {
    let mut said = 0;
    while count.is_none_or(|count| said < count) {
        socket.write_all(line).await?;
        said += 1;
    }
    Ok(())
}

impl Plan {
    fn make(&mut self, server: &Shared, scene: &Scene, planned: Vec<Struck<Stage>>) {
        for struck in planned {
            match struck.action() {
                Action::Protocol(line) => line.clone_into(&mut self.options(server).version),
                Action::NothingInCommon => {
                    let algorithms = &mut self.options(server).algorithms;
                    *algorithms = algorithms.clone().kex([UNCOMMON]);
                }
                Action::NewHostKey => {
                    let other = server.other_host_key.get_or_init(|| HostKey::unlike(&server.host_keys));
                    self.host_keys = Some(vec![other.clone()]);
                }
                Action::NoWindow => self.options(server).window = 0,
                Action::WrongSignature => {
                    self.wrong_signature = Some(struck);
                    continue;
                }
                _ => continue,
            }
            struck.record(scene.recorder());
        }
    }

    /// The options to change.
    fn options(&mut self, server: &Shared) -> &mut Options {
        self.options.get_or_insert_with(|| (*server.options).clone())
    }
}
