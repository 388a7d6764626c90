//! Paused time: over in-memory streams a long delay is tested at once.

use std::time::Duration;

use mock_core::{
    Attempt, Authenticator, Exec, LoginContext, LoginState, Methods, MockSshServer, Session, Verdict, event,
};

use crate::support::{exec, handshake, login, open};

/// Lets everybody in after an hour.
struct Late;

impl Authenticator for Late {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Late {
    fn methods(&self) -> Methods {
        Methods::empty()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("at last").after(Duration::from_secs(3600))
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_is_played_after_its_delay() {
    let server = MockSshServer::builder().auth(Late).handshake_timeout(None).start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    assert!(client.authenticate_none("anna").await.unwrap().success());
    let login = server.events().first(event::auth_accepted()).unwrap();
    assert!(login.at >= Duration::from_secs(3600), "{:?}", login.at);
}

#[tokio::test(start_paused = true)]
async fn a_delay_does_not_outlive_its_connection() {
    let server = MockSshServer::builder().auth(Late).handshake_timeout(None).start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    let login = tokio::spawn(async move { client.authenticate_none("anna").await });
    server.events().wait_for(event::negotiated()).await.unwrap();
    let (events, closed) = (server.events(), server.closed());
    drop(server);
    closed.await;
    assert!(events.last(event::disconnected()).unwrap().at < Duration::from_secs(3600));
    login.abort();
}

#[tokio::test(start_paused = true)]
async fn a_program_may_take_its_time() {
    let server = open()
        .exec(Exec::on("slow").run(async |mut session: Session| {
            let day = Duration::from_secs(86_400);
            let _over = tokio::time::timeout(day, std::future::pending::<()>()).await;
            session.write("morning").await
        }))
        .start_in_memory()
        .unwrap();
    assert_eq!(exec(&login(&server).await, "slow").await.stdout, "morning");
}
