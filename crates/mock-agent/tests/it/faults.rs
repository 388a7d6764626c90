//! Faults of an agent: how they read, on which requests they strike, and what the journal says of it.

use std::time::Duration;

use mock_agent::{
    AgentEvents, Break, Fault, MockAgent, Operation, Outcome, Request, Response, SignPolicy, StartError,
    fault::{Action, Stage},
};
use mock_base::event::{self, ClosedBy};
use signature::Verifier;
use tokio::time::{Instant, pause};

use crate::support::{DEADLINE, connect, new_key, sign, signature};

async fn troubled(faults: &[&str]) -> MockAgent {
    let builder = MockAgent::builder().identities([new_key("deploy@ci"), new_key("backup")]);
    let faults = faults.iter().map(|fault| fault.parse().unwrap());
    faults.fold(builder, |builder, fault: Fault| builder.fault(fault)).start().await.unwrap()
}

#[test]
fn a_fault_is_read_and_written() {
    for text in [
        "agent sign deploy*: wrong-signature; nth 2",
        "agent any: delay 200ms; chance 10%",
        "agent sign SHA256:*: refuse; user anna",
        "agent request_identities: silence; once; per-connection",
        "agent add_identity \"two words\": close",
        "agent any: truncate",
        "agent any: wrong-length",
        "agent unsupported: garbage",
    ] {
        assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
    }
    let fault = Fault::new(Stage::on(Operation::Sign).key("a"), Action::delay(Duration::from_secs(90)));
    assert_eq!(fault.to_string(), "agent sign a: delay \"1m 30s\"");
    assert_eq!(fault.to_string().parse::<Fault>().unwrap().action(), fault.action());
    let errors = [
        "agnt sign: refuse",
        "agent sing: refuse",
        "agent sign: refuze",
        "agent sign a b: refuse",
        "agent any: wrong-signature",
        "agent lock deploy: refuse",
        "agent sign: delay",
    ];
    let shown = errors.map(|text| text.parse::<Fault>().unwrap_err().to_string());
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[tokio::test]
async fn it_strikes_at_requests_about_a_key() {
    let agent = troubled(&["agent sign deploy*: refuse; nth 2"]).await;
    let keys: Vec<_> = agent.public_keys();
    let request = |index: usize| {
        let blob = keys[index].to_bytes().unwrap();
        Request::Sign(mock_agent::SignRequest::new(blob, "x", 0))
    };
    let mut client = connect(&agent);
    for (index, signed) in [(0, true), (1, true), (1, true), (0, false), (0, true)] {
        let response = client.ask(request(index)).await;
        assert_eq!(matches!(response, Response::SignResponse(_)), signed);
    }
    assert_eq!(agent.events().count(event::fault().stage("agent sign deploy*").action("refuse")), 1);
    let by_fingerprint = format!("agent sign {}: refuse", keys[1].fingerprint(ssh_key::HashAlg::Sha256));
    let _guard = agent.faults().scoped(by_fingerprint.parse().unwrap()).unwrap();
    assert_eq!(client.ask(request(1)).await, Response::Failure);
    assert!(matches!(client.ask(request(0)).await, Response::SignResponse(_)));
}

#[tokio::test]
async fn answers_are_broken_or_missing() {
    for (fault, broken) in [
        ("agent sign: close", Break::Closed),
        ("agent sign: truncate", Break::Truncated),
        ("agent sign: wrong-length", Break::WrongLength),
        ("agent sign: garbage", Break::Garbage),
        ("agent sign: silence", Break::Silence),
        ("agent sign: wrong-signature", Break::WrongSignature),
    ] {
        let key = new_key("deploy");
        let agent = MockAgent::builder().identities([key.clone()]).policy(SignPolicy::allow());
        let agent = agent.fault(fault.parse().unwrap()).start().await.unwrap();
        let mut client = connect(&agent);
        if broken == Break::WrongSignature {
            let wrong = signature(client.ask(sign(&key, "x")).await);
            key.public_key().key_data().verify(b"x", &wrong).unwrap_err();
        } else {
            client.send(&sign(&key, "x").to_frame().encode()).await;
            let asked = agent.events().wait_for(mock_agent::agent_request()).within(DEADLINE).await.unwrap();
            assert_eq!(asked.outcome, Outcome::Broken(broken));
        }
        if let Break::Closed | Break::Truncated = broken {
            let closed = agent.events().wait_for(event::disconnected()).within(DEADLINE).await.unwrap();
            assert_eq!((closed.by, closed.reason.as_str()), (ClosedBy::Server, "closed by a fault"));
        }
        assert_eq!(agent.events().faults().len(), 1, "{fault}");
        assert_eq!(agent.events().agent_requests().pop().unwrap().outcome, Outcome::Broken(broken));
        agent.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn silence_is_for_one_request_and_a_delay_for_all_that_follow_it() {
    pause();
    let agent = troubled(&["agent request_identities: silence; once", "agent query: delay 9s; once"]).await;
    let mut client = connect(&agent);
    client.send(&Request::RequestIdentities.to_frame().encode()).await;
    let begun = Instant::now();
    assert!(
        matches!(client.ask(Request::Query).await, Response::Extension { .. }),
        "the first has no answer"
    );
    assert!(begun.elapsed() >= Duration::from_secs(9));
    assert!(matches!(client.ask(Request::RequestIdentities).await, Response::IdentitiesAnswer(_)));
    assert_eq!(agent.events().faults().len(), 2);
}

#[tokio::test]
async fn delays_of_policies_and_faults_add_up() {
    pause();
    let seconds = Duration::from_secs;
    let key = new_key("deploy").policy(SignPolicy::allow().delayed(seconds(20)));
    let agent = MockAgent::builder()
        .identities([key.clone()])
        .policy(SignPolicy::allow().delayed(seconds(100)))
        .fault("agent sign: delay 3s".parse().unwrap())
        .fault("agent any: delay 4s".parse().unwrap())
        .start()
        .await
        .unwrap();
    let mut client = connect(&agent);
    let begun = Instant::now();
    client.send(&sign(&key, "x").to_frame().encode()).await;
    // The client's own deadlines run on the same clock.
    agent.events().wait_for(mock_agent::agent_request()).within(seconds(600)).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 127);
}

#[tokio::test]
async fn what_does_not_fit_keeps_an_agent_from_starting() {
    let fault = Fault::new(Stage::any(), Action::WrongSignature);
    let Err(StartError::Fault(error)) = MockAgent::builder().fault(fault).start().await else {
        panic!("it started")
    };
    assert!(error.to_string().contains("there is no signature"), "{error}");
}

#[tokio::test]
async fn states_lead_from_one_fault_to_the_next() {
    let agent = troubled(&["agent query: refuse; in-state card=gone; then-state card=back"]).await;
    let mut client = connect(&agent);
    assert!(matches!(client.ask(Request::Query).await, Response::Extension { .. }));
    agent.state().set("card", "gone");
    assert_eq!(client.ask(Request::Query).await, Response::ExtensionFailure);
    assert!(agent.state().is("card", "back"));
    agent.reset();
    assert!(agent.state().all().is_empty(), "it is forgotten");
    assert!(matches!(client.ask(Request::Query).await, Response::Extension { .. }));
}
