//! Faults of agents: for each an agent with one key, and a server that takes it.

use std::time::Duration;

use mock_agent::{
    AgentEvents as _, Fault, Identity, KeyType, MockAgent, Operation,
    fault::{Action, Stage},
};
use mock_auth::PublicKeys;
use mock_core::{Exec, MockSshServer, event};
use serde_json::{Value, json};

use super::{Row, row, run_script};

/// An agent with a fault, and a server that takes its key.
pub(crate) struct Troubled {
    row: Row,
    fault: Fault,
    /// Whether clients wait.
    pub(crate) waits: bool,
    pub(crate) agent: MockAgent,
    pub(crate) server: MockSshServer,
}

macro_rules! at {
    ($waits:expr, $fault:expr) => {
        Troubled::new(row!($fault), $fault, $waits)
    };
}

/// One for each fault.
pub(crate) fn all() -> Vec<Troubled> {
    vec![
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::Refuse)),
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::delay(Duration::from_millis(200)))),
        at!(true, Fault::new(Stage::on(Operation::Sign), Action::Silence)),
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::Close)),
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::Truncate)),
        at!(true, Fault::new(Stage::on(Operation::Sign), Action::WrongLength)),
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::Garbage)),
        at!(false, Fault::new(Stage::on(Operation::Sign), Action::WrongSignature)),
        at!(false, Fault::new(Stage::on(Operation::RequestIdentities), Action::Refuse)),
    ]
}

impl Troubled {
    fn new(row: Row, fault: Fault, waits: bool) -> Self {
        let key = Identity::generate(KeyType::Ed25519, "deploy").unwrap();
        let auth = PublicKeys::any_user([key.key().public_key().clone()]);
        let agent = MockAgent::builder().identities([key]).fault(fault.clone()).start_blocking().unwrap();
        let server = MockSshServer::builder().auth(auth).exec(Exec::on("true").reply(""));
        Self { row, fault, waits, agent, server: server.start_blocking().unwrap() }
    }

    /// Holds to the document what a client printed, and to the journals what happened.
    ///
    /// # Errors
    ///
    /// What is otherwise.
    pub(crate) fn check(self, client: &str, printed: &str) -> Result<(), String> {
        let port = self.server.addr().port().to_string();
        let socket = self.agent.socket_path().display().to_string();
        self.row.check(client, &printed.replace(&port, "PORT").replace(&socket, "SOCKET"))?;
        let (stage, action) = (self.fault.stage().to_string(), self.fault.action().to_string());
        let struck = event::fault().stage(stage.as_str()).action(action.as_str());
        if self.agent.events().count(struck) == 0 {
            return Err(format!("{stage} did not strike: {}", self.agent.events().timeline()));
        }
        let came_in = self.server.events().count(event::auth_accepted()) > 0;
        if came_in != printed.is_empty() || came_in == self.agent.events().signatures().is_empty() {
            return Err(format!("{stage}: {action}: {}", self.server.events().timeline()));
        }
        self.server.shutdown().blocking().map_err(|error| error.to_string())?;
        self.agent.shutdown().blocking().map_err(|error| error.to_string())
    }
}

/// Lets a script of Python meet all of them. Returns what was otherwise.
pub(crate) fn met_by_python(client: &str, script: &str) -> impl Iterator<Item = String> {
    let agents = all();
    let case = |at: &Troubled| -> Value {
        json!({"port": at.server.addr().port(), "agent": at.agent.socket_path(), "waits": at.waits})
    };
    let said = run_script(script, &agents.iter().map(case).collect::<Vec<_>>());
    agents.into_iter().zip(said).filter_map(move |(at, said)| at.check(client, &said).err())
}
