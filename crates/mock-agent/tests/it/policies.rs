//! What policies make of requests: refusals, delays and broken answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mock_agent::{
    Action, AgentEvents, Asked, Break, Delay, Failure, MockAgent, Operation, Outcome, Policy, Purpose,
    Request, Response, SignPolicy,
};
use mock_base::event::{self, ClosedBy};
use signature::Verifier;
use tokio::{
    io::AsyncReadExt,
    time::{Instant, pause, timeout},
};

use crate::support::{DEADLINE, agent_with, connect, fixed_key, login, new_key, sign, signature};

async fn agent(policy: impl Policy + 'static) -> MockAgent {
    MockAgent::builder().identity(fixed_key(), "deploy@ci").policy(policy).seed(7).start().await.unwrap()
}

fn key() -> mock_agent::Identity {
    mock_agent::Identity::new(fixed_key(), "deploy@ci")
}

fn signed(response: &Response) -> bool {
    matches!(response, Response::SignResponse(_))
}

#[tokio::test]
async fn signatures_are_allowed_refused_and_counted_over_all_clients() {
    let allowing = agent(SignPolicy::allow()).await;
    assert!(signed(&connect(&allowing).ask(sign(&key(), "x")).await));

    let refusing = agent(SignPolicy::refuse()).await;
    let mut client = connect(&refusing);
    assert_eq!(client.ask(sign(&key(), "x")).await, Response::Failure);
    let recorded = refusing.events().agent_requests().pop().unwrap();
    assert_eq!(recorded.outcome, Outcome::Failed(Failure::Refused));
    assert!(matches!(client.ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(_)));

    let tired = agent(SignPolicy::refuse_after(3)).await;
    let (mut one, mut other) = (connect(&tired), connect(&tired));
    assert_eq!(one.ask(sign(&new_key("unknown"), "x")).await, Response::Failure, "does not count");
    for _ in 0..2 {
        assert!(signed(&one.ask(sign(&key(), "x")).await));
    }
    assert!(signed(&other.ask(sign(&key(), "x")).await));
    for client in [&mut one, &mut other] {
        assert_eq!(client.ask(sign(&key(), "x")).await, Response::Failure);
    }
}

#[tokio::test]
async fn a_closure_sees_key_user_service_and_session() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let confirm = move |asked: &Asked<'_>| {
        let (signing, login) = (asked.signing.unwrap(), asked.user_auth().unwrap());
        let key = (signing.comment.to_owned(), signing.key.comment().to_string());
        let login = (login.user.clone(), login.service.clone(), login.session_id.to_vec());
        sink.lock().unwrap().push((key, login));
        asked.user() == Some("anna")
    };
    let agent = agent(SignPolicy::confirm(confirm)).await;
    let mut client = connect(&agent);
    assert!(signed(&client.ask(sign(&key(), login("session", "anna", &key(), None))).await));
    assert_eq!(client.ask(sign(&key(), login("session", "root", &key(), None))).await, Response::Failure);
    let seen = seen.lock().unwrap();
    let key = ("deploy@ci".to_owned(), "deploy@ci".to_owned());
    let login = |user: &str| (user.to_owned(), "ssh-connection".to_owned(), b"session".to_vec());
    assert_eq!(*seen, [(key.clone(), login("anna")), (key, login("root"))]);
}

#[tokio::test]
async fn a_single_key_may_have_a_policy_of_its_own() {
    let [free, refused] = [new_key("free"), new_key("refused").policy(SignPolicy::refuse())];
    let agent = agent_with([free.clone(), refused.clone()]).await;
    let mut client = connect(&agent);
    assert!(signed(&client.ask(sign(&free, "x")).await));
    assert_eq!(client.ask(sign(&refused, "x")).await, Response::Failure);
}

#[tokio::test]
async fn what_is_signed_is_told_apart() {
    let sshsig = [&b"SSHSIG\0\0\0\x03git\0\0\0\0\0\0\0\x06sha512\0\0\0\x02hh"[..]].concat();
    let agent = agent(SignPolicy::allow()).await;
    let mut client = connect(&agent);
    for data in [sshsig, b"anything".to_vec(), login("s", "anna", &key(), None)] {
        client.ask(sign(&key(), data)).await;
    }
    let purposes: Vec<_> = agent.events().signatures().into_iter().map(|one| one.purpose.unwrap()).collect();
    let [Purpose::SshSig(git), Purpose::Other, Purpose::UserAuth(_)] = &purposes[..] else {
        panic!("{purposes:?}")
    };
    assert_eq!((git.namespace.as_str(), git.hash.as_str(), &*git.digest), ("git", "sha512", &b"hh"[..]));
}

#[tokio::test]
async fn delays_pass_on_tokios_clock_and_are_drawn_from_the_seed() {
    pause();
    let drawn = Delay::uniform(Duration::from_secs(10), Duration::from_secs(20));
    let mut both = Vec::new();
    for _ in 0..2 {
        let agent = agent(SignPolicy::allow().delayed(drawn)).await;
        let mut client = connect(&agent);
        let began = Instant::now();
        client.send(&sign(&key(), "x").to_frame().encode()).await;
        // The client's own deadlines run on the same clock.
        let answer = agent.events().wait_for(mock_agent::agent_request()).within(Duration::from_secs(60));
        answer.await.unwrap();
        let took = began.elapsed();
        assert!((10..=20).contains(&took.as_secs()), "{took:?}");
        both.push(took);
        let began = Instant::now();
        client.answer().await;
        client.ask(Request::RequestIdentities).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
    assert_eq!(both[0], both[1], "the same seed");
}

#[tokio::test]
async fn an_agent_that_closes_or_cuts_is_recorded_as_such() {
    for (action, fault, left) in
        [(Action::close(), Break::Closed, 0), (Action::truncate(), Break::Truncated, 46)]
    {
        let agent = agent(move |asked: &Asked<'_>| match asked.request.operation() {
            Operation::Sign => action,
            _ => Action::answer(),
        })
        .await;
        let mut client = connect(&agent);
        client.ask(Request::RequestIdentities).await;
        client.send(&sign(&key(), "x").to_frame().encode()).await;
        let mut rest = Vec::new();
        timeout(DEADLINE, client.into_stream().read_to_end(&mut rest)).await.unwrap().unwrap();
        assert_eq!(rest.len(), left);
        assert_eq!(agent.events().agent_requests().pop().unwrap().outcome, Outcome::Broken(fault));
        let closed = agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
        assert_eq!((closed.by, closed.reason.as_str()), (ClosedBy::Server, "closed by a policy"));
        assert!(agent.events().signatures().is_empty());
    }
}

#[tokio::test]
async fn answers_are_broken_in_every_way() {
    let agent = agent(|asked: &Asked<'_>| match asked.number {
        1 => Action::garbage(),
        2 | 3 => Action::wrong_signature(),
        4 => Action::wrong_length(),
        _ => Action::answer(),
    })
    .await;
    let mut client = connect(&agent);
    client.send(&sign(&key(), "x").to_frame().encode()).await;
    assert_eq!(client.frame().await.unwrap().message_type, 0xee);

    let wrong = signature(client.ask(sign(&key(), "x")).await);
    key().public_key().key_data().verify(b"x", &wrong).unwrap_err();
    let proper = client.ask(Request::RequestIdentities).await;
    assert!(matches!(proper, Response::IdentitiesAnswer(_)), "there is no signature to spoil");

    client.send(&Request::RequestIdentities.to_frame().encode()).await;
    client.send(&Request::Query.to_frame().encode()).await;
    let longer = client.frame().await.unwrap();
    assert_eq!(longer.body.last(), Some(&0), "it has swallowed a byte of the next answer");

    let outcomes: Vec<_> = agent.events().agent_requests().into_iter().map(|one| one.outcome).collect();
    let broken = [Break::Garbage, Break::WrongSignature].map(Outcome::Broken);
    assert_eq!(outcomes[..2], broken);
    assert_eq!(outcomes[2..], [Outcome::Answered, Outcome::Broken(Break::WrongLength), Outcome::Answered]);
}

#[tokio::test]
async fn a_policy_that_panics_costs_its_client_and_nobody_else() {
    let agent = agent(|asked: &Asked<'_>| -> bool {
        assert!(asked.connection != 1, "not this one");
        true
    })
    .await;
    let (mut unlucky, mut lucky) = (connect(&agent), connect(&agent));
    unlucky.send(&Request::RequestIdentities.to_frame().encode()).await;
    assert_eq!(unlucky.answer().await, None);
    assert!(matches!(lucky.ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(_)));
    let panicked = agent.events().first(event::panicked()).unwrap();
    assert_eq!((panicked.what.as_str(), panicked.message.as_str()), ("policy", "not this one"));
}
