//! Examples, as tests: each file is one test as you would write it in your own project, with a real client.

mod openssh {
    mod backoff;
    mod backup;
    mod bastion;
    mod blocking;
    mod deploy;
    mod flaky;
    mod netconf;
    mod one_decision;
    mod transcript;
    mod two_factors;
    mod wizard;
}
