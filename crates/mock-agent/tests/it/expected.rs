//! Agents that are held to what a test expects of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mock_agent::{MockAgent, Operation, Request, ShutdownError, agent_request};

use crate::support::{agent_with, connect, fixed_key, login, new_key, sign};

#[tokio::test]
async fn what_is_expected_is_checked_on_demand_and_at_the_end() {
    let key = new_key("deploy@ci");
    let agent = MockAgent::builder()
        .identities([key.clone()])
        .seed(42)
        .expect(agent_request().user("anna").signed_by("deploy@ci"), 1)
        .start()
        .await
        .unwrap();
    agent.expect_none(agent_request().operation(Operation::RemoveAllIdentities));
    let listing = agent_request().operation(Operation::RequestIdentities).answered();
    agent.expect_in_order((listing, agent_request().operation(Operation::Sign)));
    let mut client = connect(&agent);
    client.ask(Request::RequestIdentities).await;
    client.ask(sign(&key, login("s", "bob", &key, None))).await;
    let report = agent.verify().unwrap_err().to_string();
    for text in [
        "agent request for user \"anna\" signed by \"deploy@ci\"",
        "it never came",
        "it is for user \"bob\"",
        "42",
    ] {
        assert!(report.contains(text), "{text:?} is not in {report}");
    }
    client.ask(sign(&key, login("s", "anna", &key, None))).await;
    agent.verify().unwrap();
    assert_eq!(agent.expectations().len(), 3);
    agent.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_shutdown_returns_the_report() {
    let agent = agent_with([]).await;
    agent.expect(agent_request().failed(), 1..);
    let Err(ShutdownError::Unmet(report)) = agent.shutdown().await else { panic!("met") };
    assert!(report.to_string().contains("agent request failed at least once"), "{report}");
}

#[test]
fn a_drop_fails_the_test_that_forgot_to_ask() {
    let agent = MockAgent::builder().identity(fixed_key(), "").start_blocking().unwrap();
    let path = agent.socket_path().to_owned();
    agent.expect(agent_request(), 1);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(agent))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("agent request exactly once"), "{text}");
    assert!(!path.exists());

    let agent = MockAgent::builder().start_blocking().unwrap();
    agent.expect(agent_request(), 1);
    agent.verify().unwrap_err();
    drop(agent); // it was asked
}
