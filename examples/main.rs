//! Examples, as tests: each file is one test as you would write it in your own project, with a real client.

mod openssh {
    mod blocking;
    mod deploy;
    mod one_decision;
    mod two_factors;
    mod wizard;
}
