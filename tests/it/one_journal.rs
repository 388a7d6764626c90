//! A bastion, the host behind it and an agent write one journal: one order of what happened, wherever it did.

use std::sync::Arc;

use mock_agent::{AgentEvents as _, Identity, KeyType, MockAgent, Operation};
use mock_auth::PublicKeys;
use mock_core::{ChannelStream, Composed, Exec, Handler, Journal, MockSshServer, Open, event};
use russh::{
    ChannelMsg, client,
    keys::{PublicKeyOrCertificate, agent::client::AgentClient},
};
use tokio::io::{AsyncRead, AsyncWrite};

#[derive(Debug)]
pub(crate) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(true)
    }
}

/// Lets clients through to the one host behind it.
struct Bastion {
    built: Composed,
    behind: Arc<MockSshServer>,
}

impl Handler for Bastion {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.built)
    }

    fn channel_open(&mut self, kind: &event::ChannelKind) -> Open {
        match kind {
            event::ChannelKind::DirectTcpip { host, .. } if host == "db01" => {
                let behind = Arc::clone(&self.behind);
                Open::connect(move |mut stream: ChannelStream| {
                    let mut there = behind.connect();
                    async move {
                        // Either side may close first; then the hop is over.
                        let _closed = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
                    }
                })
            }
            _ => self.built.channel_open(kind),
        }
    }
}

/// Logs in with the agent's only key.
async fn login<S>(stream: S, agent: &MockAgent) -> client::Handle<Trusting>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut client = client::connect_stream(Arc::default(), stream, Trusting).await.unwrap();
    let mut signer = AgentClient::connect_uds(agent.socket_path()).await.unwrap();
    let key = agent.public_keys().swap_remove(0);
    let answer = client.authenticate_publickey_with("anna", key, None, &mut signer).await;
    assert!(answer.unwrap().success());
    client
}

#[tokio::test]
async fn a_hop_through_a_bastion_is_one_story() {
    let journal = Journal::new();
    let key = Identity::generate(KeyType::Ed25519, "anna@lab").unwrap();
    let agent = MockAgent::builder().identities([key]).journal(journal.clone()).start().await.unwrap();
    let server = |name: &str| {
        let allowed = PublicKeys::any_user(agent.public_keys());
        MockSshServer::builder().name(name).journal(&journal).auth(allowed)
    };
    let db = server("db01").exec(Exec::on("psql --version").reply("psql 16\n"));
    let db = Arc::new(db.start_in_memory().unwrap());
    let behind = Arc::clone(&db);
    let bastion = server("bastion")
        .handler(move |_, built| Bastion { built, behind: Arc::clone(&behind) })
        .start_in_memory()
        .unwrap();

    let first = login(bastion.connect(), &agent).await;
    let hop = first.channel_open_direct_tcpip("db01", 22, "127.0.0.1", 1).await.unwrap();
    let second = login(hop.into_stream(), &agent).await;
    let mut channel = second.channel_open_session().await.unwrap();
    channel.exec(true, "psql --version").await.unwrap();
    let mut output = Vec::new();
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::Data { data } = message {
            output.extend_from_slice(&data);
        }
    }
    assert_eq!(output, b"psql 16\n");

    let events = journal.events();
    let signed = mock_agent::agent_request().operation(Operation::Sign);
    let signed = events.query(signed);
    assert_eq!((signed.len(), events.signatures().len()), (2, 2), "one signature for each hop");
    let logins = events.query(event::auth_accepted());
    let story: Vec<_> = logins.iter().map(|login| (&*login.server, login.user.as_str())).collect();
    assert_eq!(story, [("bastion", "anna"), ("db01", "anna")]);
    let hop =
        events.first(event::channel_opened().filter(|opened| opened.kind != event::ChannelKind::Session));
    assert_eq!(hop.unwrap().kind.to_string(), "direct-tcpip to db01:22");
    assert_eq!(events.on_server("db01").count(event::exec()), 1);
}
