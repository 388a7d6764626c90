//! AsyncSSH, an independent implementation of the whole protocol.

use mock_agent::KeyType;
use serde_json::json;

use crate::python_cases::{agents, binary, channels, factors, logins};

const LOGINS: &str = "asyncssh_logins.py";
const CHANNELS: &str = "asyncssh_channels.py";

#[test]
fn logs_in_to_the_binary_as_every_user() {
    binary::every_user(LOGINS);
}

#[test]
fn logs_in_with_nothing() {
    logins::none(LOGINS);
}

#[test]
fn logs_in_with_a_password() {
    logins::password(LOGINS);
}

#[test]
fn logs_in_with_an_ed25519_key() {
    logins::public_key(LOGINS, KeyType::Ed25519);
}

#[test]
fn logs_in_with_an_ecdsa_key() {
    logins::public_key(LOGINS, KeyType::Ecdsa);
}

#[test]
fn logs_in_with_an_rsa_key() {
    logins::public_key(LOGINS, KeyType::Rsa);
}

#[test]
fn logs_in_with_an_agent() {
    logins::agent(LOGINS);
}

#[test]
fn logs_in_by_one_round_of_prompts() {
    logins::one_round(LOGINS);
}

#[test]
fn logs_in_by_several_rounds_one_of_them_without_prompts() {
    logins::several_rounds(LOGINS);
}

#[test]
fn logs_in_by_three_factors() {
    factors::three_factors(LOGINS);
}

#[test]
fn is_refused_for_a_wrong_second_factor() {
    factors::wrong_second_factor(LOGINS);
}

#[test]
fn logs_in_with_a_certificate() {
    factors::certificate(LOGINS);
}

#[test]
fn trusts_the_authority_of_a_host_certificate() {
    factors::host_certificate(LOGINS);
}

#[test]
fn outputs_are_told_apart_and_the_status_arrives() {
    channels::outputs(CHANNELS);
}

#[test]
fn the_end_of_the_input_is_not_the_end_of_the_channel() {
    channels::half_close(CHANNELS);
}

#[test]
fn thirty_commands_run_at_once_on_one_connection() {
    channels::many_channels(CHANNELS, 30);
}

#[test]
fn sixteen_mebibytes_arrive() {
    channels::big_output(CHANNELS);
}

#[test]
fn a_shell_prompts_echoes_and_is_resized() {
    channels::shell(CHANNELS);
}

#[test]
fn a_signal_reaches_the_program() {
    channels::signal(CHANNELS);
}

#[test]
fn is_told_that_nothing_is_left_where_none_is_refused() {
    let came = logins::none_refused(LOGINS);
    assert_eq!(came["refused"], "credential");
}

#[test]
fn an_exit_signal_is_told_with_its_name() {
    let came = channels::exit_signal(CHANNELS);
    assert_eq!((&came["status"], &came["signal"]), (&json!(-1), &json!(["KILL", false, "", ""])));
}

#[test]
fn lists_and_signs_with_an_agent() {
    agents::signs("asyncssh_agent.py");
}

#[test]
fn adds_locks_and_removes_keys_of_an_agent() {
    agents::keeps_keys("asyncssh_agent.py");
}
