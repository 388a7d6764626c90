//! What a login leaves behind: permissions that hold the session to less, what strategies remember, and what the journal
//! says of prompts.

use mock_core::{
    Attempt, Authenticator, CommandForced, Credential, Exec, KbdintStarted, LoginContext, LoginRestricted,
    LoginState, Memory, MemoryKey, Method, Methods, MockSshServer, Permissions, Privilege, Prompt,
    PromptAnswered, Round, Session, Verdict, event,
};

use crate::support::{answered, drain, exec, handshake, login};

/// Lets everybody in who is held to this.
#[derive(Clone)]
struct Held(Permissions);

impl Authenticator for Held {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(self.clone())
    }
}

impl LoginState for Held {
    fn methods(&self) -> Methods {
        Methods::empty()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        Verdict::accept("").permitting(self.0.clone())
    }
}

/// What the program sees of its request.
async fn show(session: Session) -> std::io::Result<()> {
    let request = session.request();
    let original = request.env("SSH_ORIGINAL_COMMAND").map(str::to_owned);
    let seen = format!("{} {original:?} {:?}", request.command_text(), request.env("MODE"));
    let mut session = session;
    session.write(seen).await
}

fn server(permissions: Permissions) -> MockSshServer {
    let builder = MockSshServer::builder().auth(Held(permissions)).accept_agent_forwarding();
    builder.exec(Exec::on("backup").run(show)).exec(Exec::on("own").run(show)).start_in_memory().unwrap()
}

#[tokio::test]
async fn a_forced_command_runs_in_place_of_the_clients_and_knows_it() {
    let server = server(Permissions::default().force_command("backup").env("MODE", "full"));
    let client = login(&server).await;
    assert_eq!(exec(&client, "own --all").await.stdout, r#"backup Some("own --all") Some("full")"#);

    let mut shell = client.channel_open_session().await.unwrap();
    shell.request_shell(true).await.unwrap();
    assert_eq!(drain(&mut shell).await.stdout, r#"backup None Some("full")"#);

    let mut subsystem = client.channel_open_session().await.unwrap();
    subsystem.request_subsystem(true, "sftp").await.unwrap();
    assert_eq!(drain(&mut subsystem).await.stdout, r#"backup Some("sftp") Some("full")"#);

    // The journal has both: what was asked for in the event of the request, what ran beside it.
    let asked = server.events().first(event::exec()).unwrap();
    assert_eq!((&asked.command.to_text()[..], asked.rule.as_deref()), ("own --all", Some("backup")));
    let forced = server.events().of::<CommandForced>();
    let originals: Vec<_> = forced.iter().map(|one| one.original.as_ref().map(ToString::to_string)).collect();
    assert_eq!(originals, [Some("own --all".into()), None, Some("sftp".into())]);
    assert!(forced.iter().all(|one| one.command == "backup"));
    let restricted = server.events().of::<LoginRestricted>();
    assert_eq!(
        restricted.first().map(|login| login.options.as_str()),
        Some(r#"command="backup",environment="MODE=full""#)
    );
}

#[tokio::test]
async fn a_forced_internal_sftp_is_the_subsystem() {
    let builder = MockSshServer::builder()
        .auth(Held(Permissions::default().force_command("internal-sftp -R")))
        .subsystem("sftp", async |mut session: Session| session.write("files").await);
    let server = builder.start_in_memory().unwrap();
    assert_eq!(exec(&login(&server).await, "rm -rf /").await.stdout, "files");
}

#[tokio::test]
async fn a_login_without_privileges_still_runs_commands() {
    let server = server(Permissions::restricted());
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    assert!(!answered(&mut channel).await, "no terminal");
    channel.agent_forward(true).await.unwrap();
    assert!(!answered(&mut channel).await, "no agent");
    channel.exec(true, "own").await.unwrap();
    assert!(answered(&mut channel).await);
    assert!(!server.events().first(event::agent_forward()).unwrap().accepted);
}

#[tokio::test]
async fn what_is_not_denied_is_up_to_the_server() {
    let permissions = Permissions::restricted().allow(Privilege::Pty).allow(Privilege::AgentForwarding);
    let server = server(permissions);
    let client = login(&server).await;
    let mut channel = client.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    assert!(answered(&mut channel).await);
    channel.agent_forward(true).await.unwrap();
    assert!(answered(&mut channel).await);
}

/// Lets in whoever was refused once before, on whichever connection.
struct SecondTime(MemoryKey);

struct SecondTimeLogin(MemoryKey, Memory);

impl Authenticator for SecondTime {
    fn begin(&self, context: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(SecondTimeLogin(self.0.clone(), context.memory.clone()))
    }
}

impl LoginState for SecondTimeLogin {
    fn methods(&self) -> Methods {
        [Method::Password].into()
    }

    fn attempt(&mut self, _: &Attempt<'_>) -> Verdict {
        let seen = self.1.with(&self.0, |seen: &mut bool| std::mem::replace(seen, true));
        if seen { Verdict::accept("") } else { Verdict::reject("") }
    }
}

#[tokio::test]
async fn what_is_remembered_outlives_a_connection_and_not_a_reset() {
    let strategy = std::sync::Arc::new(SecondTime(MemoryKey::new()));
    let server = MockSshServer::builder().auth(std::sync::Arc::clone(&strategy)).start_in_memory().unwrap();
    let another = MockSshServer::builder().auth(strategy).start_in_memory().unwrap();
    let try_at = async |server: &MockSshServer| {
        handshake(server.connect()).await.authenticate_password("anna", "").await.unwrap().success()
    };
    assert!(!try_at(&server).await);
    assert!(try_at(&server).await);
    assert!(!try_at(&another).await, "each server remembers for itself");
    server.reset();
    assert!(!try_at(&server).await);
}

/// Asks two prompts, then none, and never lets in.
struct Asks;

impl Authenticator for Asks {
    fn begin(&self, _: &LoginContext<'_>) -> Box<dyn LoginState> {
        Box::new(Self)
    }
}

impl LoginState for Asks {
    fn methods(&self) -> Methods {
        [Method::KeyboardInteractive].into()
    }

    fn attempt(&mut self, attempt: &Attempt<'_>) -> Verdict {
        match attempt.credential {
            Credential::KbdintStart { .. } => {
                Verdict::ask(Round::new([Prompt::new("Name: ", true), Prompt::new("PIN: ", false)]))
            }
            Credential::KbdintAnswers([_, _]) => Verdict::ask(Round::new([Prompt::new("Again: ", false)])),
            _ => Verdict::reject(""),
        }
    }
}

#[tokio::test]
async fn the_journal_says_what_was_answered_to_which_prompt() {
    let server = MockSshServer::builder().auth(Asks).start_in_memory().unwrap();
    let mut client = handshake(server.connect()).await;
    let devices = Some("pam,otp".to_owned());
    client.authenticate_keyboard_interactive_start("anna", devices).await.unwrap();
    for answers in [vec!["anna".to_owned(), "1234".to_owned()], Vec::new()] {
        client.authenticate_keyboard_interactive_respond(answers).await.unwrap();
    }
    let started = server.events().of::<KbdintStarted>();
    assert_eq!(started.first().map(|start| start.submethods.as_str()), Some("pam,otp"));
    let answered = server.events().of::<PromptAnswered>();
    let answered: Vec<_> = answered
        .iter()
        .map(|one| {
            let answer = one.answer.as_ref().map(|answer| answer.reveal().to_owned());
            (one.round, one.prompt.as_str(), one.echo, answer)
        })
        .collect();
    assert_eq!(
        answered,
        [
            (1, "Name: ", true, Some("anna".into())),
            (1, "PIN: ", false, Some("1234".into())),
            (2, "Again: ", false, None)
        ]
    );
    let shown = format!("{}{}", server.events().timeline(), server.events().to_json_lines());
    assert!(shown.contains("PIN: ") && !shown.contains("1234"), "{shown}");
}

#[tokio::test]
async fn each_connection_has_its_own_banner() {
    let long = "Zugriff nur für Befugte – 許可された者のみ\r\n".repeat(2000);
    let text = long.clone();
    let server = MockSshServer::builder()
        .banner_for(move |connection| match connection.number() {
            1 => Some("first\nof two lines\n".to_owned()),
            2 => Some(text.clone()),
            _ => None,
        })
        .start_in_memory()
        .unwrap();
    for _ in 0..3 {
        let mut client = handshake(server.connect()).await;
        client.authenticate_none("anna").await.unwrap();
    }
    let banners = server.events().query(event::banner());
    let texts: Vec<_> = banners.iter().map(|banner| banner.text.as_str()).collect();
    assert_eq!(texts, ["first\nof two lines\n", &long]);
}
