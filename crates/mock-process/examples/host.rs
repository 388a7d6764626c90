//! Lets anybody on this machine run anything, for trying clients by hand: `cargo run --example host -- 2222`.

use mock_core::{
    Attempt, Authenticator, Exec, LoginContext, LoginState, Method, Methods, MockSshServer, Verdict, any,
};
use mock_process::HostProcess;

struct Anybody;

impl Authenticator for Anybody {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Anybody {
    fn methods(&self) -> Methods {
        Methods::from([Method::Password])
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("anybody")
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "somebody must learn the port")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let server = MockSshServer::builder()
        .auth(Anybody)
        .exec(Exec::on(any()).run(HostProcess::command()))
        .shell(HostProcess::login_shell())
        .port(port)
        .start()
        .await?;
    println!("ssh -p {} anybody@127.0.0.1", server.port());
    server.closed().await;
    Ok(())
}
