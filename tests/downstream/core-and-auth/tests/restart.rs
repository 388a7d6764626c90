//! The tool's tests, as its author would write them: with a type that keeps a server, a strategy and a handler of
//! their own. So every type of these signatures can be named from outside.

use std::{error::Error, sync::Mutex};

use downstream_core_and_auth::restart;
use mock_auth::{Password, User, Users};
use mock_core::{
    Attempt, Authenticator, Composed, Credential, Events, Exec, Handler, Launch, LoginContext, LoginState,
    Method, Methods, MockSshServer, Reply, Request, StartError, Verdict, event, prefix,
};

/// A host that restarts services.
struct Host {
    server: MockSshServer,
}

impl Host {
    async fn start(auth: impl Authenticator + 'static) -> Result<Self, StartError> {
        let server = MockSshServer::builder()
            .auth(auth)
            .exec(Exec::on("systemctl restart web").reply("web restarted\n"))
            .exec(Exec::on(prefix("systemctl ")).reply(Reply::fail(5).stderr("no such service\n")))
            .start()
            .await?;
        Ok(Self { server })
    }

    async fn restart(&self, password: &str, service: &str) -> Result<String, String> {
        let key = self.server.host_keys()[0].to_openssh();
        restart(self.server.addr(), &key, ("deploy", password), service).await
    }

    fn events(&self) -> Events {
        self.server.events()
    }
}

#[tokio::test]
async fn a_service_is_restarted() -> Result<(), Box<dyn Error>> {
    let host = Host::start(Password::new("deploy", "hunter2")).await?;
    assert_eq!(host.restart("hunter2", "web").await?, "web restarted\n");
    let exec = host.events().wait_for(event::exec()).await?;
    assert_eq!(exec.command, "systemctl restart web");
    host.server.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn what_the_host_says_is_reported() -> Result<(), Box<dyn Error>> {
    let host = Host::start(Users::new([User::named("deploy").password("hunter2")])).await?;
    assert_eq!(host.restart("hunter2", "db").await.unwrap_err(), "no such service\n");
    assert_eq!(host.restart("letmein", "web").await.unwrap_err(), "not logged in");
    assert_eq!(host.events().count(event::connected()), 2);
    host.server.shutdown().await?;
    Ok(())
}

/// Takes each password once.
struct OneTime(Mutex<Vec<String>>);

impl Authenticator for &'static OneTime {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(OneTimeLogin(self))
    }
}

struct OneTimeLogin(&'static OneTime);

impl LoginState for OneTimeLogin {
    fn methods(&self) -> Methods {
        [Method::Password].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        let Credential::Password(given) = attempt.credential else {
            return Verdict::reject("not a password");
        };
        let mut left = self.0.0.lock().unwrap();
        match left.iter().position(|password| password == given) {
            Some(at) => {
                left.remove(at);
                Verdict::accept("first use")
            }
            None => Verdict::reject("used before"),
        }
    }
}

#[tokio::test]
async fn a_strategy_of_ones_own_decides() -> Result<(), Box<dyn Error>> {
    static PASSWORDS: OneTime = OneTime(Mutex::new(Vec::new()));
    PASSWORDS.0.lock().unwrap().push("hunter2".to_owned());
    let host = Host::start(&PASSWORDS).await?;
    assert!(host.restart("hunter2", "web").await.is_ok());
    assert_eq!(host.restart("hunter2", "web").await.unwrap_err(), "not logged in");
    host.server.shutdown().await?;
    Ok(())
}

/// A host under maintenance: it runs nothing.
struct Maintenance(Composed);

impl Handler for Maintenance {
    fn within(&mut self) -> Option<&mut dyn Handler> {
        Some(&mut self.0)
    }

    fn exec(&mut self, _: &Request) -> Launch {
        Launch::refuse()
    }
}

#[tokio::test]
async fn a_handler_of_ones_own_overrides_one_decision() -> Result<(), Box<dyn Error>> {
    let server = MockSshServer::builder()
        .auth(Password::any_user("hunter2"))
        .handler(|_connection, built| Maintenance(built))
        .start()
        .await?;
    let host = Host { server };
    assert_eq!(host.restart("hunter2", "web").await.unwrap_err(), "refused");
    host.server.shutdown().await?;
    Ok(())
}
