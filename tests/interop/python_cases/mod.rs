//! What both Python libraries are put through: one function for each thing that their users do.
//!
//! The modules `paramiko` and `asyncssh` say with which script. What differs between the libraries is returned.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value has null for what it has not, and a test that finds it fails"
)]

pub(crate) mod agents;
pub(crate) mod binary;
pub(crate) mod channels;
pub(crate) mod connection_faults;
pub(crate) mod factors;
pub(crate) mod files;
pub(crate) mod forwards;
pub(crate) mod logins;

/// The tests that every Python client passes alike, with its scripts for logins, channels and forwards.
macro_rules! every_client {
    ($logins:expr, $channels:expr, $forwards:expr) => {
        #[test]
        fn logs_in_to_the_binary_as_every_user() {
            $crate::python_cases::binary::every_user($logins);
        }

        #[test]
        fn logs_in_with_nothing() {
            $crate::python_cases::logins::none($logins);
        }

        #[test]
        fn logs_in_with_a_password() {
            $crate::python_cases::logins::password($logins);
        }

        #[test]
        fn logs_in_with_an_ed25519_key() {
            $crate::python_cases::logins::public_key($logins, mock_agent::KeyType::Ed25519);
        }

        #[test]
        fn logs_in_with_an_ecdsa_key() {
            $crate::python_cases::logins::public_key($logins, mock_agent::KeyType::Ecdsa);
        }

        #[test]
        fn logs_in_with_an_rsa_key() {
            $crate::python_cases::logins::public_key($logins, mock_agent::KeyType::Rsa);
        }

        #[test]
        fn logs_in_with_an_agent() {
            $crate::python_cases::logins::agent($logins);
        }

        #[test]
        fn logs_in_by_one_round_of_prompts() {
            $crate::python_cases::logins::one_round($logins);
        }

        #[test]
        fn logs_in_by_several_rounds_one_of_them_without_prompts() {
            $crate::python_cases::logins::several_rounds($logins);
        }

        #[test]
        fn is_refused_for_a_wrong_second_factor() {
            $crate::python_cases::factors::wrong_second_factor($logins);
        }

        #[test]
        fn logs_in_with_a_certificate() {
            $crate::python_cases::factors::certificate($logins);
        }

        #[test]
        fn outputs_are_told_apart_and_the_status_arrives() {
            $crate::python_cases::channels::outputs($channels);
        }

        #[test]
        fn the_end_of_the_input_is_not_the_end_of_the_channel() {
            $crate::python_cases::channels::half_close($channels);
        }

        #[test]
        fn thirty_commands_run_at_once_on_one_connection() {
            $crate::python_cases::channels::many_channels($channels, 30);
        }

        #[test]
        fn sixteen_mebibytes_arrive() {
            $crate::python_cases::channels::big_output($channels);
        }

        #[test]
        fn a_shell_prompts_echoes_and_is_resized() {
            $crate::python_cases::channels::shell($channels);
        }

        #[test]
        fn a_signal_reaches_the_program() {
            $crate::python_cases::channels::signal($channels);
        }

        #[test]
        fn connections_are_forwarded_or_refused_with_a_reason() {
            $crate::python_cases::forwards::direct($forwards);
        }

        #[test]
        fn a_bastion_leads_to_the_host_behind_it() {
            $crate::python_cases::forwards::jump($forwards);
        }

        #[test]
        fn a_client_has_the_server_listen_until_it_withdraws() {
            $crate::python_cases::forwards::remote($forwards);
        }
    };
}

pub(crate) use every_client;
